/** Browsers by the names that they give themselves, collected from phones and published lists. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isApple, moveFrom, type Move } from '../../pwa/src/domain/browser';
import { appOf, wayOf, type Way } from '../../pwa/src/domain/installing';

const IPHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS';
const WEBKIT = 'like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)';
const MAC = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)';
const ANDROID = 'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko)';

interface Vector {
  name: string;
  agent: string;
  touchPoints?: number;
  move: Move;
  way?: Way;
  app?: string | null;
}

const vectors: Vector[] = [
  { name: 'Safari 16.4, iPhone', agent: `${IPHONE} 16_4 ${WEBKIT} Version/16.4 Mobile/15E148 Safari/604.1`, move: 'install-first', way: 'safari-iphone' },
  { name: 'Safari 17.1, iPhone', agent: `${IPHONE} 17_1 ${WEBKIT} Version/17.1 Mobile/15E148 Safari/604.1`, move: 'install-first', way: 'safari-iphone' },
  { name: 'Safari 17.1.2, iPhone', agent: `${IPHONE} 17_1_2 ${WEBKIT} Version/17.1.2 Mobile/15E148 Safari/604.1`, move: 'install-first', way: 'safari-iphone' },
  { name: 'Safari 17.2, iPhone', agent: `${IPHONE} 17_2 ${WEBKIT} Version/17.2 Mobile/15E148 Safari/604.1`, move: 'install', way: 'safari-iphone' },
  { name: 'Safari 17.10, iPhone', agent: `${IPHONE} 17_7 ${WEBKIT} Version/17.10 Mobile/15E148 Safari/604.1`, move: 'install', way: 'safari-iphone' },
  { name: 'Safari 18.5, iPhone', agent: `${IPHONE} 18_5 ${WEBKIT} Version/18.5 Mobile/15E148 Safari/604.1`, move: 'install', way: 'safari-iphone' },
  { name: 'Safari 26.0, iPhone, whose system is named 18.6 for ever', agent: `${IPHONE} 18_6 ${WEBKIT} Version/26.0 Mobile/15E148 Safari/604.1`, move: 'install', way: 'safari-iphone' },
  { name: 'Safari 17.4, iPad as a phone', agent: `Mozilla/5.0 (iPad; CPU OS 17_4 ${WEBKIT} Version/17.4 Mobile/15E148 Safari/604.1`, move: 'install', way: 'safari-ipad' },
  { name: 'Safari 18.3, iPad as a desktop', agent: `${MAC} Version/18.3 Safari/605.1.15`, touchPoints: 5, move: 'install', way: 'safari-ipad' },
  { name: 'Safari 16.6, iPad as a desktop', agent: `${MAC} Version/16.6 Safari/605.1.15`, touchPoints: 5, move: 'install-first', way: 'safari-ipad' },
  { name: 'Safari 18.3, Mac', agent: `${MAC} Version/18.3 Safari/605.1.15`, touchPoints: 0, move: null, way: 'other' },
  { name: 'Chrome 126, iPhone', agent: `${IPHONE} 17_5 ${WEBKIT} CriOS/126.0.6478.54 Mobile/15E148 Safari/604.1`, move: 'install-first', way: 'chrome-apple' },
  { name: 'Chrome, iPhone, desktop site', agent: `${MAC} CriOS/126 Version/11.1.1 Safari/605.1.15`, touchPoints: 5, move: 'install-first', way: 'chrome-apple' },
  { name: 'Firefox 127, iPhone', agent: `${IPHONE} 17_5 ${WEBKIT} FxiOS/127.0 Mobile/15E148 Safari/605.1.15`, move: 'install-first', way: 'firefox-apple' },
  { name: 'Edge, iPhone', agent: `${IPHONE} 17_5 ${WEBKIT} Version/17.5 EdgiOS/125.2535.60 Mobile/15E148 Safari/605.1.15`, move: 'install-first', way: 'chrome-apple' },

  { name: 'Instagram, iPhone', agent: `${IPHONE} 17_5_1 ${WEBKIT} Mobile/21F90 Instagram 336.0.0.33.92 (iPhone14,5; iOS 17_5_1; en_US; en; scale=3.00; 1170x2532; 610961420; IABMV/1)`, move: 'leave', app: 'Instagram' },
  { name: 'Instagram, Android', agent: 'Mozilla/5.0 (Linux; Android 13; SM-G991B Build/TP1A.220624.014; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/119.0.6045.163 Mobile Safari/537.36 Instagram 309.0.0.40.113 Android (33/13; 420dpi; 1080x2176; samsung; SM-G991B; o1s; exynos2100; en_GB; 541635890)', move: 'leave', app: 'Instagram' },
  { name: 'Facebook, iPhone', agent: `${IPHONE} 17_5_1 ${WEBKIT} Mobile/15E148 [FBAN/FBIOS;FBAV/449.0.0.35.119;FBBV/558110443;FBDV/iPhone14,5;FBMD/iPhone;FBSN/iOS;FBSV/17.5.1;FBSS/3;FBCR/;FBID/phone;FBLC/en_US;FBOP/80]`, move: 'leave', app: 'Facebook' },
  { name: 'Facebook, Android', agent: 'Mozilla/5.0 (Linux; Android 12; Infinix X6819 Build/SP1A.210812.016; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/105.0.5195.79 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/396.1.0.28.104;]', move: 'leave', app: 'Facebook' },
  { name: 'Facebook Lite, no sign of a WebView', agent: 'Mozilla/5.0 (Linux; Android 11; WP12 Pro) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/109.0.5414.85 Mobile Safari/537.36[FBAN/EMA;FBLC/ro_RO;FBAV/339.0.0.10.100;]', move: 'leave', app: 'Facebook' },
  { name: 'Messenger, iPhone', agent: `${IPHONE} 16_6 ${WEBKIT} Mobile/15E148 [FBAN/MessengerForiOS;FBAV/424.0.0.28.106;FBLC/en_GB]`, move: 'leave', app: 'Messenger' },
  { name: 'WhatsApp, iPhone', agent: `${IPHONE} 17_4 ${WEBKIT} Mobile/15E148 WhatsApp/24.10.78`, move: 'leave', app: 'WhatsApp' },
  { name: 'LINE, iPhone', agent: `${IPHONE} 16_6 ${WEBKIT} Mobile/15E148 Safari Line/13.14.0`, move: 'leave', app: 'LINE' },
  { name: 'LINE, Android', agent: 'Mozilla/5.0 (Linux; Android 13; SC-51C Build/TP1A.220624.014; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/118.0.0.0 Mobile Safari/537.36 Line/13.17.0/IAB', move: 'leave', app: 'LINE' },
  { name: 'Google app and Gmail, iPhone', agent: `${IPHONE} 17_1 ${WEBKIT} GSA/289.0.577286206 Mobile/15E148 Safari/604.1`, move: 'leave', app: 'Google' },
  { name: 'Google app, Android', agent: 'Mozilla/5.0 (Linux; Android 14; Pixel 7 Build/UQ1A.240205.002) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/122.0.6261.64 Mobile Safari/537.36 GSA/15.7.36.28.arm64', move: 'leave', app: 'Google' },
  { name: 'Snapchat, iPhone, which says "like Safari/"', agent: `${IPHONE} 17_4 ${WEBKIT} Version/17.4 Mobile/15E148 Snapchat/12.81.0.43 (like Safari/8618.1.15.10.15, panda)`, move: 'leave', app: 'Snapchat' },
  { name: 'WeChat, Android', agent: 'Mozilla/5.0 (Linux; Android 12; M2012K11AC) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/107.0.5304.141 Mobile Safari/537.36 XWEB/5075 MMWEBSDK/20230405 MMWEBID/1234 MicroMessenger/8.0.35.2360(0x28002351) WeChat/arm64 NetType/WIFI', move: 'leave', app: 'WeChat' },
  { name: 'LinkedIn, iPhone', agent: `${IPHONE} 17_5 ${WEBKIT} Mobile/15E148 [LinkedInApp]/9.29.8962`, move: 'leave', app: 'LinkedIn' },
  { name: 'any app, iPhone', agent: `${IPHONE} 17_0 ${WEBKIT} Mobile/15E148`, move: 'leave', app: null },
  { name: 'any app, iPad as a desktop', agent: MAC, touchPoints: 5, move: 'leave', app: null },
  { name: 'any app, Android', agent: 'Mozilla/5.0 (Linux; Android 11; wv) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/93.0.4577.62 Mobile Safari/537.36', move: 'leave', app: null },

  { name: 'Chrome 126, Android', agent: `${ANDROID} Chrome/126.0.0.0 Mobile Safari/537.36`, touchPoints: 5, move: null, way: 'chrome-android' },
  { name: 'Samsung Internet 27', agent: `${ANDROID} SamsungBrowser/27.0 Chrome/125.0.0.0 Mobile Safari/537.36`, touchPoints: 5, move: null, way: 'samsung' },
  { name: 'Samsung Internet 19, model named', agent: 'Mozilla/5.0 (Linux; Android 11; SAMSUNG SM-G991B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/19.0 Chrome/102.0.5005.125 Mobile Safari/537.36', touchPoints: 5, move: null, way: 'samsung' },
  { name: 'Firefox 127, Android', agent: 'Mozilla/5.0 (Android 14; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0', touchPoints: 5, move: null, way: 'firefox-android' },
  { name: 'Edge, Android', agent: `${ANDROID} Chrome/125.0.0.0 Mobile Safari/537.36 EdgA/125.0.2535.51`, touchPoints: 5, move: null, way: 'other' },
  { name: 'Opera, Android', agent: `${ANDROID} Chrome/124.0.0.0 Mobile Safari/537.36 OPR/82.0.0.0`, touchPoints: 5, move: null, way: 'other' },
  { name: 'Huawei, Android', agent: 'Mozilla/5.0 (Linux; Android 12; HarmonyOS; ANA-AN00; HMSCore 6.8.0.332) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/99.0.4844.88 HuaweiBrowser/13.0.3.301 Mobile Safari/537.36', touchPoints: 5, move: null, way: 'other' },
  { name: 'Chrome, Windows with a touch screen', agent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36', touchPoints: 10, move: null, way: 'other' },
  { name: 'Firefox, Linux', agent: 'Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0', move: null, way: 'other' },
];

for (const { name, agent, touchPoints = 5, move, way, app } of vectors) {
  test(`${name}: ${move ?? 'stay'}`, () => {
    assert.equal(moveFrom(agent, touchPoints, false), move);
    if (way !== undefined) assert.equal(wayOf(agent, touchPoints), way);
    assert.equal(appOf(agent), app ?? null);
  });
}

test('what is installed stays where it is, although on an iPhone it names no browser', () => {
  const installed = `${IPHONE} 17_5 ${WEBKIT} Mobile/15E148`;
  assert.equal(moveFrom(installed, 5, false), 'leave');
  assert.equal(moveFrom(installed, 5, true), null);
  assert.equal(isApple(installed, 5), true);
});

test('a Mac is no iPad', () => {
  assert.deepEqual([isApple(MAC, 0), isApple(MAC, 1), isApple(MAC, 5)], [false, false, true]);
});
