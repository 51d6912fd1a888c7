// What went wrong, for people: what happened, and what they can do about it.
import { AuthError } from './auth-client.js';

export function words(error: unknown): string {
  // That is how `fetch` says that there was no answer, or none in time.
  if (error instanceof TypeError || error instanceof DOMException) return unreachable;
  if (!(error instanceof AuthError)) return 'Something went wrong in this page. Load it again.';
  switch (error.code) {
    case 'network':
      return unreachable;
    case 'invalid_grant':
      return 'This name and this password don’t belong together. Check both, and try again.';
    case 'wrong_password':
      return 'This is not your password.';
    case 'too_many_requests':
      return `There were too many attempts. Try again in ${duration(error.retryAfter ?? 60)}.`;
    case 'temporarily_unavailable':
      return 'The server is busy. Try again in a moment.';
    case 'conflict':
      return 'This name is taken. Choose another one.';
    case 'not_found':
      return 'This is gone already. Somebody else, or another tab, was faster.';
    case 'signed_out':
      return 'You are not signed in any more. Nothing was changed.';
    case 'invalid_field':
      return sentence(error.message);
    default:
      return error.status >= 500 || error.code === 'server_error'
        ? 'Something went wrong on the server. Try again later.'
        : `The server refused this: ${error.message || error.code}.`;
  }
}

const unreachable = 'The server can’t be reached. Check your connection, and try again: nothing is lost.';

/** Why nobody is signed in any more. */
export const farewell = {
  signed_out: 'You are signed out.',
  session_ended:
    'Your session was ended: it was signed out from another device, it expired, or its token came twice, as it does ' +
    'when somebody has stolen it. If you did not do this, sign in and change your password.',
};

export function duration(seconds: number): string {
  const [count, unit] = seconds < 100 ? [seconds, 'second'] : [Math.ceil(seconds / 60), 'minute'];
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

/** How long ago, or when, where that is long. */
export function moment(seconds: number, now = Date.now() / 1000): string {
  const ago = now - seconds;
  if (ago < 60) return 'just now';
  const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
  if (ago < 60 * 60) return relative.format(-Math.floor(ago / 60), 'minute');
  if (ago < 24 * 60 * 60) return relative.format(-Math.floor(ago / 3600), 'hour');
  return `on ${new Intl.DateTimeFormat('en', { dateStyle: 'medium' }).format(seconds * 1000)}`;
}

/** A browser and a system, as far as a `User-Agent` tells them; else its first words. */
export function device(agent: string | null): string {
  if (agent === null) return 'An unknown device';
  const find = (names: [string, RegExp][]) => names.find(([, pattern]) => pattern.test(agent))?.[0];
  const browser = find([
    ['Edge', /\bEdg/],
    ['Opera', /\bOPR\//],
    ['Firefox', /\b(Firefox|FxiOS)\//],
    ['Chrome', /\b(HeadlessChrome|Chrome|CriOS)\//],
    ['Safari', /\bSafari\//],
  ]);
  const system = find([
    ['Android', /\bAndroid\b/],
    ['iPhone', /\biPhone\b/],
    ['iPad', /\biPad\b/],
    ['Windows', /\bWindows\b/],
    ['macOS', /\bMac OS X\b/],
    ['ChromeOS', /\bCrOS\b/],
    ['Linux', /\bLinux\b/],
  ]);
  if (browser === undefined) return agent.split(/[ /(]/, 1)[0] || 'An unknown device';
  return system === undefined ? browser : `${browser} on ${system}`;
}

/** The server's descriptions begin with a small letter, and have no full stop. */
function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
