/**
 * Keeps a user of tower-bearer's `LoginRouter` signed in, in all tabs of a browser. To be copied: this file is all.
 *
 *     const auth = new AuthClient({ onchange: (user, why) => show(user, why) });
 *     await auth.restore();                         // after a reload: the user's ID, or null
 *     await auth.login('alice', password);
 *     const response = await auth.fetch('/tasks');  // as `fetch`, with the access token
 *     await auth.signOut();                         // in every tab; with `true`: on every device
 *
 * The access token is in memory alone, the refresh token in a cookie that no script can read: on the server
 * `.refresh_cookie(TokenCookie::new("__Host-refresh").strict())`. One tab at a time changes it (Web Locks), and hands
 * the access token to others (BroadcastChannel). Answers get lost: `reuse_interval` must exceed the 5 s they may take.
 */
export interface AuthOptions {
  /** Where the routes of `LoginRouter` are; default `/auth`. No other origin is sent a token. Absolute in Node. */
  url?: string;
  /** Called when a user is signed in (with the ID), and when nobody is any more, in whichever tab it was. */
  onchange?: (user: string | null, why?: 'signed_out' | 'session_ended') => void;
  fetch?: typeof fetch; // For Node: one that keeps cookies. Nothing is shared with others then.
}

/** Its `code` is the server's `error`, `network` where there was no answer, or `signed_out`. The status is 0 then. */
export class AuthError extends Error {
  /** `field` is the member of the body that breaks a rule; `retryAfter`, in seconds, comes with 429 and 503. */
  constructor(readonly code: string, message: string, readonly status = 0,
    readonly field?: string, readonly retryAfter?: number) { super(message); }
}

/** The response if it is one of success; otherwise an `AuthError` of what the server says. */
export async function checked(response: Response): Promise<Response> {
  if (response.ok) return response;
  const { error = 'server_error', error_description: why = '', field } = await response.json().catch(() => null) ?? {};
  throw new AuthError(error, why, response.status, field, Number(response.headers.get('Retry-After')) || undefined);
}

type Access = { token: string; user: string; renewAt: number; expiresAt: number };
type Message = Access | { why: 'signed_out' | 'session_ended' | undefined };

export class AuthClient {
  #base: URL;
  #channel?: BroadcastChannel;
  #access?: Access | undefined;
  #user?: string | null | undefined; // Undefined until the server was asked.
  #renewing?: Promise<string> | undefined;
  #last: Promise<any> = Promise.resolve();
  #heard = () => {};
  constructor(readonly options: AuthOptions = {}) {
    this.#base = new URL((options.url ?? '/auth').replace(/\/*$/, '/'), globalThis.location?.href);
    if (options.fetch) return;
    this.#channel = new BroadcastChannel(`auth ${this.#base}`);
    this.#channel.onmessage = ({ data }: MessageEvent<Message>) => { this.#set(data); this.#heard(); };
  }

  /** Asks the server who is signed in. Rejects where it can't be asked. */
  async restore(): Promise<string | null> {
    this.#user ??= undefined; // Somebody may have signed in since.
    await this.#renew(this.#access?.token).catch(error => this.#user === null || Promise.reject(error));
    return this.#user ?? null;
  }

  async login(username: string, password: string): Promise<void> {
    await this.#alone(async () => this.#set(await access(await this.#post('login', { username, password })), true));
  }

  /** Where this rejects the server was not reached, and the user is still signed in. */
  async signOut(everywhere = false): Promise<void> {
    if (everywhere) await checked(await this.fetch(new URL('sessions?all=true', this.#base), { method: 'DELETE' }));
    else await this.#alone(() => this.#post('logout', {}, this.#access?.token));
    this.#set({ why: 'signed_out' }, true);
  }

  /** As `fetch`, with the access token: a new one shortly before the old one ends, or when it is refused. Then all but
   *  a stream is sent again. `AuthError`: there is no token. Follows redirects only where `init.redirect` says so. */
  async fetch(resource: string | URL, init: RequestInit = {}): Promise<Response> {
    const url = new URL(resource, this.#base);
    if (url.origin !== this.#base.origin) throw new TypeError(`${url.origin} must not see the token`);
    let user = this.#user;
    const check = <T>(value: T) => { // Nobody acts in another's name, or is shown what another asked for.
      if (this.#user !== (user ??= this.#user)) throw new AuthError('signed_out', 'the user has changed');
      return value;
    };
    const clears = init.method === 'DELETE' && url.href.startsWith(`${this.#base}sessions`); // The cookie, perhaps.
    const ask = async (token: string, signal = init.signal ?? (clears ? AbortSignal.timeout(5_000) : null)) => {
      const headers = { ...Object.fromEntries(new Headers(init.headers)), authorization: `Bearer ${check(token)}` };
      return check(await (this.options.fetch ?? fetch)(url, { redirect: 'error', ...init, headers, signal }));
    };
    const send = clears ? (token: string) => this.#alone(() => ask(token)) : ask;
    const old = this.#access; // While the server can't be reached this does, for as long as it lasts.
    const token = old && Date.now() < old.renewAt ? old.token : await unlessAborted(init, this.#renew(old?.token)
      .catch(error => old && old === this.#access && Date.now() < old.expiresAt ? old.token : Promise.reject(error)));
    const response = await send(token);
    if (response.status !== 401 || !/"invalid_token"/.test(response.headers.get('WWW-Authenticate')!)) return response;
    const renewed = await unlessAborted(init, this.#renew(token));
    return init.body instanceof ReadableStream ? response : send(renewed);
  }

  /** Another token than `old`: one request for all who wait, in whichever tab, whoever of them gives up. */
  #renew(old: string | undefined): Promise<string> {
    return this.#renewing ??= this.#alone(async hadToWait => {
      // Whoever came first has told what came of it, and that is on its way.
      if (hadToWait && this.#access?.token === old) await new Promise<void>(on => setTimeout(this.#heard = on, 100));
      const user = this.#user;
      if (user !== null && this.#access?.token === old) {
        const answer: Message = await this.#post('refresh').then(access, error => ![400, 401].includes(error.status)
          ? Promise.reject(error) : { why: user || error.code === 'invalid_grant' ? 'session_ended' : undefined });
        if (this.#user === user) this.#set(answer, true); // Otherwise somebody signed in or out meanwhile.
      }
      return this.#access?.token ?? Promise.reject(new AuthError('signed_out', 'nobody is signed in'));
    }).finally(() => this.#renewing = undefined);
  }

  /** What changes the cookie is done by one tab and one caller at a time; a tab that is frozen stops no other. */
  async #alone<T>(task: (hadToWait: boolean) => Promise<T>, signal = AbortSignal.timeout(15_000)): Promise<T> {
    const [name, locks] = [`auth ${this.#base}`, this.#channel && globalThis.navigator?.locks];
    if (!locks) return this.#last = this.#last.catch(() => {}).then(() => task(false));
    const done = await locks.request(name, { ifAvailable: true }, async lock => lock && { value: await task(false) });
    return done ? done.value : locks.request(name, { signal }, () => task(true))
      .catch(error => error === signal.reason ? task(true) : Promise.reject(error));
  }

  /** Goes on when its page is closed, and does not hold others up for ever. */
  async #post(path: string, body: object = {}, token?: string): Promise<Response> {
    const headers = { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) };
    const sent = (this.options.fetch ?? fetch)(new URL(path, this.#base), { method: 'POST', headers, redirect: 'error',
      body: JSON.stringify(body), credentials: 'include', keepalive: true, signal: AbortSignal.timeout(5_000) });
    const whole = sent.then(async answer => new Response(await answer.text() || null, answer));
    return checked(await whole.catch(() => { throw new AuthError('network', 'the server did not answer'); }));
  }

  #set(message: Message, isNews = false): void {
    const before = this.#user;
    this.#access = 'token' in message ? message : undefined;
    this.#user = this.#access?.user ?? null;
    if (isNews) this.#channel?.postMessage(message);
    if (this.#user !== before) this.options.onchange?.(this.#user, 'why' in message ? message.why : undefined);
  }
}

/** Of what `LoginRouter` answers with: the access token is a JWT, and names the user in `sub`. */
const access = (response: Response) => response.json().then(({ access_token: token, expires_in }): Access => {
  const { sub: user } = JSON.parse(atob(token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')));
  const [now, lifetime] = [Date.now(), expires_in * 1000];
  if (typeof user !== 'string' || !(lifetime > 0)) throw new TypeError();
  return { token, user, renewAt: now + lifetime - Math.min(30_000, lifetime / 2), expiresAt: now + lifetime };
}).catch(() => { throw new AuthError('server_error', 'the answer is no token', response.status); });

const unlessAborted = <T>({ signal }: RequestInit, promise: Promise<T>, over = new AbortController()) => Promise.race([
  promise, new Promise<never>((_, no) => signal?.aborted ? no(signal.reason) : signal?.addEventListener('abort',
    () => no(signal.reason), { once: true, signal: over.signal }))]).finally(() => over.abort());
