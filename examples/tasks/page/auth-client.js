/** Its `code` is the server's `error`, or `network` where there was no answer and the status is 0, or a `SignedOut`. */
export class AuthError extends Error {
    code;
    status;
    field;
    retryAfter;
    /** `field` is the member of the body that breaks a rule; `retryAfter`, in seconds, comes with 429 and 503. */
    constructor(code, message, status = 0, field, retryAfter) {
        super(message);
        this.code = code;
        this.status = status;
        this.field = field;
        this.retryAfter = retryAfter;
    }
}
/** The response if it is one of success; otherwise an `AuthError` of what the server says. */
export async function checked(response) {
    if (response.ok)
        return response;
    const { error = 'server_error', error_description = '', field } = await response.json().catch(() => ({}));
    const retryAfter = Number(response.headers.get('Retry-After')) || undefined;
    throw new AuthError(error, error_description, response.status, field, retryAfter);
}
export class AuthClient {
    #base;
    #fetch;
    #onchange;
    #channel;
    #access;
    #user; // Undefined until the server was asked.
    #renewing;
    #last = Promise.resolve();
    #heard = () => { };
    constructor({ url = '/auth', onchange = () => { }, fetch: own } = {}) {
        this.#base = new URL(url.replace(/\/*$/, '/'), globalThis.location?.href);
        this.#fetch = own ?? globalThis.fetch.bind(globalThis);
        this.#onchange = onchange;
        if (own)
            return; // Its cookies are its own, and no concern of other tabs.
        this.#channel = new BroadcastChannel(`auth ${this.#base}`);
        this.#channel.onmessage = ({ data }) => this.#set(data);
    }
    /** Asks the server who is signed in. Rejects where it can't be asked. */
    async restore() {
        this.#user ??= undefined; // Somebody may have signed in since.
        await this.#renew(this.#access?.token).catch(error => this.#user === null || Promise.reject(error));
        return this.#user ?? null;
    }
    async login(username, password) {
        await this.#alone(async () => this.#tell(await access(await this.#post('login', { username, password }))));
    }
    /** Where this rejects the server was not reached, and the user is still signed in. */
    async signOut(everywhere = false) {
        if (everywhere)
            await checked(await this.fetch(new URL('sessions?all=true', this.#base), { method: 'DELETE' }));
        else
            await this.#alone(() => this.#post('logout'));
        this.#tell({ why: 'signed_out' });
    }
    /**
     * As `fetch`, with the access token: a new one shortly before the old one ends, or when the server refuses it. Then
     * the request is repeated, once, unless its body is a stream. Rejects with an `AuthError` where no token is to be had.
     */
    async fetch(resource, init = {}) {
        const url = new URL(resource, this.#base);
        if (url.origin !== this.#base.origin)
            throw new TypeError(`${url.origin} must not see the token`);
        let user = this.#user;
        const check = () => {
            user ??= this.#user;
            if (user !== this.#user)
                throw new AuthError(this.#user ? 'other_user' : 'signed_out', 'the user has changed');
        };
        const send = async (token) => {
            check();
            const headers = new Headers(init.headers);
            headers.set('Authorization', `Bearer ${token}`);
            const response = await this.#fetch(url, { ...init, headers });
            check();
            return response;
        };
        const old = this.#access;
        // While the server can't be reached the old token does, for as long as it lasts.
        const token = old && Date.now() < old.renewAt ? old.token : await unlessAborted(init.signal, this.#renew(old?.token)
            .catch(error => old && old === this.#access && Date.now() < old.expiresAt ? old.token : Promise.reject(error)));
        const response = await send(token);
        const isRefused = response.headers.get('WWW-Authenticate')?.includes('error="invalid_token"');
        if (response.status !== 401 || !isRefused)
            return response;
        const renewed = await unlessAborted(init.signal, this.#renew(token));
        return init.body instanceof ReadableStream ? response : send(renewed);
    }
    /** Another token than `old`: one request for all who wait, in whichever tab, whoever of them gives up. */
    #renew(old) {
        return this.#renewing ??= this.#alone(async (hadToWait) => {
            // Whoever came first has told what came of it, and that is on its way.
            if (hadToWait)
                await new Promise(done => { this.#heard = done; setTimeout(done, 100); });
            const user = this.#user;
            if (user !== null && this.#access?.token === old) {
                const answer = await this.#post('refresh').then(access, (error) => {
                    if (error.status !== 400 && error.status !== 401)
                        throw error;
                    return { why: user || error.code === 'invalid_grant' ? 'session_ended' : undefined };
                });
                if (this.#user === user)
                    this.#tell(answer); // Otherwise somebody signed in or out meanwhile.
            }
            if (!this.#access)
                throw new AuthError('signed_out', 'nobody is signed in');
            return this.#access.token;
        }).finally(() => { this.#renewing = undefined; });
    }
    /** Whatever changes the cookie is done by one tab at a time, and by one caller in it. */
    async #alone(task) {
        const [name, locks] = [`auth ${this.#base}`, this.#channel && globalThis.navigator?.locks];
        if (!locks)
            return this.#last = this.#last.catch(() => { }).then(() => task(false));
        const done = await locks.request(name, { ifAvailable: true }, async (lock) => lock && { value: await task(false) });
        if (done)
            return done.value;
        const signal = AbortSignal.timeout(15_000); // The tab that has the lock may be frozen.
        return locks.request(name, { signal }, () => task(true))
            .catch(error => error === signal.reason ? task(true) : Promise.reject(error));
    }
    /** Goes on when its page is closed, and does not hold others up for ever. */
    async #post(path, body = {}) {
        const headers = { 'Content-Type': 'application/json' };
        const init = { method: 'POST', headers, body: JSON.stringify(body), keepalive: true, signal: AbortSignal.timeout(10_000) };
        const answer = this.#fetch(new URL(path, this.#base), init);
        return checked(await answer.catch(() => { throw new AuthError('network', 'the server did not answer'); }));
    }
    #tell(message) {
        this.#channel?.postMessage(message);
        this.#set(message);
    }
    #set(message) {
        const before = this.#user;
        this.#access = 'token' in message ? message : undefined;
        this.#user = this.#access?.user ?? null;
        this.#heard();
        if (this.#user !== before)
            this.#onchange(this.#user, 'why' in message ? message.why : undefined);
    }
}
/** Of what `LoginRouter` answers with: the access token is a JWT, and names the user in `sub`. */
async function access(response) {
    const { access_token: token, expires_in } = await response.json();
    const { sub: user } = JSON.parse(atob(token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')));
    const [now, lifetime] = [Date.now(), expires_in * 1000];
    return { token, user, renewAt: now + lifetime - Math.min(30_000, lifetime / 2), expiresAt: now + lifetime };
}
async function unlessAborted(signal, promise) {
    const aborted = new Promise((_, reject) => {
        if (signal?.aborted)
            reject(signal.reason);
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
    return Promise.race([promise, aborted]);
}
