"""The rig's own page and service worker, and a server for them: nothing of the app."""

import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Rig</title>
<link rel="icon" href="icon.png">
<link rel="manifest" href="app.webmanifest">
<main>
  <h1>Rig</h1>
  <button id="subscribe">Remind me</button>
  <output id="subscription"></output>
</main>
<script src="page.js"></script>
"""

SCRIPT = """
const ready = navigator.serviceWorker.register('sw.js').then(() => navigator.serviceWorker.ready);

function store(mode, work) {
  return new Promise((resolve, reject) => {
    const open = indexedDB.open('rig', 1);
    open.onupgradeneeded = () => open.result.createObjectStore('kept');
    open.onerror = () => reject(open.error);
    open.onsuccess = () => {
      const transaction = open.result.transaction('kept', mode, { durability: 'strict' });
      const request = work(transaction.objectStore('kept'));
      transaction.oncomplete = () => { open.result.close(); resolve(request.result); };
      transaction.onabort = () => reject(transaction.error);
    };
  });
}
const save = (key, value) => store('readwrite', kept => kept.put(value, key));
const load = key => store('readonly', kept => kept.get(key));

document.querySelector('#subscribe').onclick = async () => {
  const output = document.querySelector('#subscription');
  try {
    if (await Notification.requestPermission() !== 'granted') throw new Error('permission refused');
    const key = new URLSearchParams(location.search).get('key');
    const registration = await ready;
    const options = { userVisibleOnly: true, applicationServerKey: key };
    output.textContent = JSON.stringify(await registration.pushManager.subscribe(options));
  } catch (error) { output.textContent = `${error}`; }
};
"""

WORKER = """
const FILES = ['./', 'page.js', 'app.webmanifest', 'icon.png'];
self.addEventListener('install', event => {
  self.skipWaiting();
  event.waitUntil(caches.open('rig').then(cache => cache.addAll(FILES)));
});
self.addEventListener('activate', event => event.waitUntil(clients.claim()));
self.addEventListener('fetch', event => {
  event.respondWith(caches.match(event.request, { ignoreSearch: true }).then(kept => kept ?? fetch(event.request)));
});
self.addEventListener('push', event => {
  const { tag, body } = event.data.json();
  event.waitUntil(self.registration.showNotification('Rig', { body, tag, data: { at: Date.now() } }));
});
self.addEventListener('notificationclick', event => {
  event.notification.close();
  event.waitUntil(caches.open('clicks').then(cache => cache.put(event.action || 'open', new Response('clicked'))));
});
"""

MANIFEST = """{"name": "Rig", "start_url": ".", "display": "standalone",
 "icons": [{"src": "icon.png", "sizes": "512x512", "type": "image/png"}]}"""


class RigSite:
    """A running server for the rig's page."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        #: Where the page is.
        self.url = f"http://127.0.0.1:{server.server_port}/"
        #: The paths asked for, oldest first.
        self.asked: list[str] = []


class _Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # keeps connections open, as real servers do

    def __init__(self, *args: object, asked: list[str], directory: Path) -> None:
        self._asked = asked
        super().__init__(*args, directory=str(directory))

    def do_GET(self) -> None:
        self._asked.append(self.path)
        super().do_GET()

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Keep the test output quiet."""


@contextmanager
def rig_site(folder: Path) -> Iterator[RigSite]:
    """Write the page into `folder` and serve it on a free port of this machine."""
    files = {"index.html": PAGE, "page.js": SCRIPT, "sw.js": WORKER, "app.webmanifest": MANIFEST}
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "icon.png").write_bytes(_square(512))
    server = ThreadingHTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler)
    site = RigSite(server)
    server.RequestHandlerClass = partial(_Handler, asked=site.asked, directory=folder)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _square(side: int) -> bytes:
    """A grey PNG, as large as an app's icon."""
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress((b"\0" + b"\x80" * side) * side)),
        (b"IEND", b""),
    )
    body = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)
