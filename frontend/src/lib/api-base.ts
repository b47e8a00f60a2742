/**
 * Where the API is: `REACT_APP_API_URL` as it was at build, else `/api` of this page's origin, else (a page served on
 * this computer by something that knows no `/api`) the gateway's usual place.
 */

const LOCAL_GATEWAY = 'http://localhost:8080/api';
const LOCAL_NAMES = ['localhost', '127.0.0.1', '[::1]'];

const configured = wholeAddress(import.meta.env.REACT_APP_API_URL ?? '');
let base = configured ?? `${location.origin}/api`;

/** People write a path, or leave out the scheme. Null where it says nothing. */
function wholeAddress(written: string): string | null {
  const text = written.trim();
  const whole = /^([a-z]+:\/)?\//i.test(text) ? text : `${location.protocol}//${text}`;
  if (text === '' || !URL.canParse(whole, location.origin)) return null;
  return new URL(whole, location.origin).href.replace(/\/+$/, '');
}

/** Address of the API without a slash at its end, such as `http://localhost:8080/api`. */
export function apiBase(): string {
  return base;
}

/** Moves on to the gateway's usual place, where there is reason to. False where there is no other place to try. */
export function tryLocalGateway(): boolean {
  if (configured !== null || base === LOCAL_GATEWAY || !LOCAL_NAMES.includes(location.hostname)) return false;
  base = LOCAL_GATEWAY;
  return true;
}

/** `path` with one more parameter: paths of images may have some already, which prove that they may be seen. */
export function withParameter(path: string, name: string, value: string | number): string {
  return `${path}${path.includes('?') ? '&' : '?'}${name}=${encodeURIComponent(value)}`;
}

/** The whole address of a path on the API's origin, as `content_url` and `thumbnail_url` are. */
export function onApiOrigin(path: string): string {
  return new URL(path, `${base}/`).href;
}
