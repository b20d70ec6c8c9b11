// The least that serves a page without a network.
const PAGE = '/bare/index.html';
self.addEventListener('install', (event) => {
  event.waitUntil(caches.open('bare').then((cache) => cache.add(PAGE)));
});
self.addEventListener('fetch', (event) => {
  event.respondWith(caches.match(event.request).then((kept) => kept ?? fetch(event.request)));
});
