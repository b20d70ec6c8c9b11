"""JavaScript that tests run inside a service worker."""

#: Notes which notifications are on their way to the screen. Chromium loses one for good when getNotifications is
#: called in that moment: it is stored already, not yet shown, and taken for one that was swiped away.
NOTE_SHOWING = """
() => {
  if (self.showing) return;
  self.showing = new Set();
  const show = ServiceWorkerRegistration.prototype.showNotification;
  ServiceWorkerRegistration.prototype.showNotification = function (...given) {
    const shown = show.apply(this, given);
    const settled = shown.catch(() => {}).then(() => self.showing.delete(settled));
    self.showing.add(settled);
    return shown;
  };
}
"""

#: What is shown now, as plain objects.
NOTIFICATIONS = """
async () => {
  await Promise.all(self.showing);
  const shown = await self.registration.getNotifications();
  const keys = ['title', 'body', 'tag', 'data', 'lang', 'dir', 'icon', 'badge', 'renotify', 'requireInteraction',
                'silent', 'actions'];
  return shown.map(n => Object.fromEntries(keys.map(key => [key, n[key] ?? null])));
}
"""

#: Runs the click handler; an event made by a script has no working waitUntil, so it gets one.
CLICK = """
async ([tag, action]) => {
  const notification = (await self.registration.getNotifications()).find(n => n.tag === tag);
  if (!notification) throw new Error(`no notification with the tag ${tag}`);
  const event = new NotificationEvent('notificationclick', { notification, action });
  const work = [];
  event.waitUntil = promise => work.push(promise);
  self.dispatchEvent(event);
  await Promise.all(work);
}
"""

#: Puts Date that many milliseconds ahead of the real clock.
SHIFT_CLOCK = """
ahead => {
  self.clockAhead = ahead;
  if (self.RealDate) return;
  const Real = self.RealDate = Date;
  const now = () => Real.now() + self.clockAhead;
  self.Date = new Proxy(Real, {
    construct: (target, given, made) => Reflect.construct(target, given.length ? given : [now()], made),
    apply: () => new Real(now()).toString(),
    get: (target, key) => key === 'now' ? now : Reflect.get(target, key),
  });
}
"""
