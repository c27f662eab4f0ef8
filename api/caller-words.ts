// Where a request comes from and with which browser, in words a person can compare with what is in front of them.
import { BlockList, isIP } from 'node:net';
import type { Words } from '../verification/report.ts';
import type { Places } from './places.ts';

const own = new BlockList();
own.addSubnet('127.0.0.0', 8, 'ipv4');
own.addAddress('::1', 'ipv6');

const inside = new BlockList();
for (const [net, bits] of [['10.0.0.0', 8], ['172.16.0.0', 12], ['192.168.0.0', 16], ['100.64.0.0', 10]] as const)
  inside.addSubnet(net, bits, 'ipv4'); // prettier-ignore
inside.addSubnet('fc00::', 7, 'ipv6');
inside.addSubnet('fe80::', 10, 'ipv6');

/**
 * The place of an address: this computer, or as the operator's list of networks names it, or the network alone, shortened.
 * Nothing is guessed: an address that no list names is told as the network it is.
 * @param address - an IPv4 address, or `<prefix>::/64`
 */
export function placeOf(address: string, places: Places = []): Words {
  const plain = address.replace(/\/64$/, '');
  const kind = isIP(plain) === 6 ? 'ipv6' : 'ipv4';
  if (isIP(plain) === 0) return { zh: '未知网络', en: 'an unknown network' };
  if (own.check(plain, kind)) return { zh: '本机', en: 'this computer' };
  const short = kind === 'ipv4' ? plain.split('.').slice(0, 2).join('.') + '.*.*' : address;
  const named = places.find((place) => place.holds(plain, kind));
  if (named !== undefined) return { zh: `${named.words.zh}（${short}）`, en: `${named.words.en} (${short})` };
  return inside.check(plain, kind)
    ? { zh: `内网 ${short}`, en: `internal network ${short}` }
    : { zh: `互联网 ${short}`, en: `Internet, ${short}` };
}

const browsers: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/MicroMessenger\//, '微信 WeChat'],
  [/EdgA?\//, 'Edge'],
  [/OPR\//, 'Opera'],
  [/Firefox\/|FxiOS\//, 'Firefox'],
  [/HeadlessChrome\/|Chrome\/|CriOS\//, 'Chrome'],
  [/Version\/[\d.]+ .*Safari\//, 'Safari'],
];

const systems: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/HarmonyOS|OpenHarmony/, '鸿蒙 HarmonyOS'],
  [/Android/, 'Android'],
  [/iPhone|iPad/, 'iOS'],
  [/Windows NT/, 'Windows'],
  [/Mac OS X/, 'macOS'],
  [/Linux|X11/, 'Linux'],
];

/** Browser and system as a `User-Agent` says; it may say anything, so only known names are repeated. */
export function browserOf(agent: string | undefined): string {
  const { browser, system } = namesIn(agent);
  return `${browser ?? '未知浏览器 unknown browser'} · ${system ?? '未知系统 unknown system'}`;
}

/** As `browserOf`; null where neither is known: a programme that calls for a device says nothing of the device. */
export function knownBrowserOf(agent: string): string | null {
  const { browser, system } = namesIn(agent);
  return browser === undefined && system === undefined ? null : browserOf(agent);
}

function namesIn(agent: string | undefined): { browser: string | undefined; system: string | undefined } {
  const text = (agent ?? '').slice(0, 500);
  return {
    browser: browsers.find(([pattern]) => pattern.test(text))?.[1],
    system: systems.find(([pattern]) => pattern.test(text))?.[1],
  };
}
