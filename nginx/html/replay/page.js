// Generated from packages/replay-page by `npm run generate`.
var __defProp = Object.defineProperty;
var __getOwnPropNames = Object.getOwnPropertyNames;
var __esm = (fn, res, err) => function __init() {
  if (err) throw err[0];
  try {
    return fn && (res = (0, fn[__getOwnPropNames(fn)[0]])(fn = 0)), res;
  } catch (e) {
    throw err = [e], e;
  }
};
var __export = (target, all2) => {
  for (var name in all2)
    __defProp(target, name, { get: all2[name], enumerable: true });
};

// node_modules/.pnpm/dpop@2.1.2/node_modules/dpop/build/index.js
function buf(input) {
  if (typeof input === "string") {
    return encoder.encode(input);
  }
  return decoder.decode(input);
}
function checkRsaKeyAlgorithm(algorithm) {
  if (typeof algorithm.modulusLength !== "number" || algorithm.modulusLength < 2048) {
    throw new OperationProcessingError(`${algorithm.name} modulusLength must be at least 2048 bits`);
  }
}
function subtleAlgorithm(key) {
  switch (key.algorithm.name) {
    case "ECDSA":
      return { name: key.algorithm.name, hash: "SHA-256" };
    case "RSA-PSS":
      checkRsaKeyAlgorithm(key.algorithm);
      return {
        name: key.algorithm.name,
        saltLength: 256 >> 3
      };
    case "RSASSA-PKCS1-v1_5":
      checkRsaKeyAlgorithm(key.algorithm);
      return { name: key.algorithm.name };
    case "Ed25519":
      return { name: key.algorithm.name };
  }
  throw new UnsupportedOperationError();
}
async function jwt(header, claimsSet, key) {
  if (key.usages.includes("sign") === false) {
    throw new TypeError('private CryptoKey instances used for signing assertions must include "sign" in their "usages"');
  }
  const input = `${b64u(buf(JSON.stringify(header)))}.${b64u(buf(JSON.stringify(claimsSet)))}`;
  const signature = b64u(await crypto.subtle.sign(subtleAlgorithm(key), key, buf(input)));
  return `${input}.${signature}`;
}
function b64u(input) {
  return encodeBase64Url(input);
}
function psAlg(key) {
  switch (key.algorithm.hash.name) {
    case "SHA-256":
      return "PS256";
    default:
      throw new UnsupportedOperationError("unsupported RsaHashedKeyAlgorithm hash name");
  }
}
function rsAlg(key) {
  switch (key.algorithm.hash.name) {
    case "SHA-256":
      return "RS256";
    default:
      throw new UnsupportedOperationError("unsupported RsaHashedKeyAlgorithm hash name");
  }
}
function esAlg(key) {
  switch (key.algorithm.namedCurve) {
    case "P-256":
      return "ES256";
    default:
      throw new UnsupportedOperationError("unsupported EcKeyAlgorithm namedCurve");
  }
}
function determineJWSAlgorithm(key) {
  switch (key.algorithm.name) {
    case "RSA-PSS":
      return psAlg(key);
    case "RSASSA-PKCS1-v1_5":
      return rsAlg(key);
    case "ECDSA":
      return esAlg(key);
    case "Ed25519":
      return "Ed25519";
    default:
      throw new UnsupportedOperationError("unsupported CryptoKey algorithm name");
  }
}
function isCryptoKey(key) {
  return key instanceof CryptoKey;
}
function isPrivateKey(key) {
  return isCryptoKey(key) && key.type === "private";
}
function isPublicKey(key) {
  return isCryptoKey(key) && key.type === "public";
}
function epochTime() {
  return Math.floor(Date.now() / 1e3);
}
async function generateProof(keypair, htu, htm, nonce, accessToken, additional) {
  const privateKey = keypair === null || keypair === void 0 ? void 0 : keypair.privateKey;
  const publicKey = keypair === null || keypair === void 0 ? void 0 : keypair.publicKey;
  if (!isPrivateKey(privateKey)) {
    throw new TypeError('"keypair.privateKey" must be a private CryptoKey');
  }
  if (!isPublicKey(publicKey)) {
    throw new TypeError('"keypair.publicKey" must be a public CryptoKey');
  }
  if (publicKey.extractable !== true) {
    throw new TypeError('"keypair.publicKey.extractable" must be true');
  }
  if (typeof htu !== "string") {
    throw new TypeError('"htu" must be a string');
  }
  if (typeof htm !== "string") {
    throw new TypeError('"htm" must be a string');
  }
  if (nonce !== void 0 && typeof nonce !== "string") {
    throw new TypeError('"nonce" must be a string or undefined');
  }
  if (accessToken !== void 0 && typeof accessToken !== "string") {
    throw new TypeError('"accessToken" must be a string or undefined');
  }
  if (additional !== void 0 && (typeof additional !== "object" || additional === null || Array.isArray(additional))) {
    throw new TypeError('"additional" must be an object');
  }
  const claimsSet = Object.assign(/* @__PURE__ */ Object.create(null), additional, {
    iat: epochTime(),
    jti: crypto.randomUUID(),
    htm,
    nonce,
    htu,
    ath: accessToken ? b64u(await crypto.subtle.digest("SHA-256", buf(accessToken))) : void 0
  });
  return jwt({
    alg: determineJWSAlgorithm(privateKey),
    typ: "dpop+jwt",
    jwk: await publicJwk(publicKey)
  }, claimsSet, privateKey);
}
async function publicJwk(key) {
  const { kty, e, n, x, y, crv } = await crypto.subtle.exportKey("jwk", key);
  return { kty, crv, e, n, x, y };
}
async function generateKeyPair(alg, options) {
  var _a;
  let algorithm;
  if (typeof alg !== "string" || alg.length === 0) {
    throw new TypeError('"alg" must be a non-empty string');
  }
  switch (alg) {
    case "PS256":
      algorithm = {
        name: "RSA-PSS",
        hash: "SHA-256",
        modulusLength: 2048,
        publicExponent: new Uint8Array([1, 0, 1])
      };
      break;
    case "RS256":
      algorithm = {
        name: "RSASSA-PKCS1-v1_5",
        hash: "SHA-256",
        modulusLength: 2048,
        publicExponent: new Uint8Array([1, 0, 1])
      };
      break;
    case "ES256":
      algorithm = { name: "ECDSA", namedCurve: "P-256" };
      break;
    case "Ed25519":
      algorithm = { name: "Ed25519" };
      break;
    default:
      throw new UnsupportedOperationError();
  }
  return crypto.subtle.generateKey(algorithm, (_a = options === null || options === void 0 ? void 0 : options.extractable) !== null && _a !== void 0 ? _a : false, ["sign", "verify"]);
}
async function calculateThumbprint(publicKey) {
  if (!isPublicKey(publicKey)) {
    throw new TypeError('"publicKey" must be a public CryptoKey');
  }
  if (publicKey.extractable !== true) {
    throw new TypeError('"publicKey.extractable" must be true');
  }
  const jwk = await publicJwk(publicKey);
  let components;
  switch (jwk.kty) {
    case "EC":
      components = { crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y };
      break;
    case "OKP":
      components = { crv: jwk.crv, kty: jwk.kty, x: jwk.x };
      break;
    case "RSA":
      components = { e: jwk.e, kty: jwk.kty, n: jwk.n };
      break;
    default:
      throw new UnsupportedOperationError("unsupported JWK kty");
  }
  return b64u(await crypto.subtle.digest({ name: "SHA-256" }, buf(JSON.stringify(components))));
}
var encoder, decoder, encodeBase64Url, UnsupportedOperationError, OperationProcessingError;
var init_build = __esm({
  "node_modules/.pnpm/dpop@2.1.2/node_modules/dpop/build/index.js"() {
    encoder = new TextEncoder();
    decoder = new TextDecoder();
    if (Uint8Array.prototype.toBase64) {
      encodeBase64Url = (input) => {
        if (input instanceof ArrayBuffer) {
          input = new Uint8Array(input);
        }
        return input.toBase64({ alphabet: "base64url", omitPadding: true });
      };
    } else {
      const CHUNK_SIZE = 32768;
      encodeBase64Url = (input) => {
        if (input instanceof ArrayBuffer) {
          input = new Uint8Array(input);
        }
        const arr = [];
        for (let i = 0; i < input.byteLength; i += CHUNK_SIZE) {
          arr.push(String.fromCharCode.apply(null, input.subarray(i, i + CHUNK_SIZE)));
        }
        return btoa(arr.join("")).replace(/=/g, "").replace(/\+/g, "-").replace(/\//g, "_");
      };
    }
    UnsupportedOperationError = class extends Error {
      constructor(message) {
        var _a;
        super(message !== null && message !== void 0 ? message : "operation not supported");
        this.name = this.constructor.name;
        (_a = Error.captureStackTrace) === null || _a === void 0 ? void 0 : _a.call(Error, this, this.constructor);
      }
    };
    OperationProcessingError = class extends Error {
      constructor(message) {
        var _a;
        super(message);
        this.name = this.constructor.name;
        (_a = Error.captureStackTrace) === null || _a === void 0 ? void 0 : _a.call(Error, this, this.constructor);
      }
    };
  }
});

// packages/client/src/dpop/key-database.ts
async function inTransaction(mode, work) {
  const database = await openDatabase();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, mode);
      const request = work(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}
function openDatabase() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
var DATABASE, STORE, keyDatabase;
var init_key_database = __esm({
  "packages/client/src/dpop/key-database.ts"() {
    "use strict";
    DATABASE = "dpop-keys";
    STORE = "keys";
    keyDatabase = {
      get: (jkt) => inTransaction("readonly", (store) => store.get(jkt)),
      set: (jkt, key) => inTransaction("readwrite", (store) => store.put(key, jkt)),
      delete: (jkt) => inTransaction("readwrite", (store) => store.delete(jkt))
    };
  }
});

// packages/client/src/dpop/proofs.ts
function callProofs(nonces, key, accessToken) {
  let hasNewNonce = false;
  let isRepeated = false;
  return {
    async sendWithProof(request, fetch2) {
      const { origin, pathname } = new URL(request.url);
      const used = nonces.get(origin);
      request.headers.set(
        "dpop",
        await generateProof(key, origin + pathname, request.method, used, accessToken)
      );
      const response = await fetch2(request);
      const nonce = response.headers.get("dpop-nonce");
      if (nonce !== null) nonces.set(origin, nonce);
      hasNewNonce = nonce !== null && nonce !== used;
      return response;
    },
    mayRepeatAfter(code, isIdempotent2) {
      if (isRepeated) return false;
      isRepeated = // §8 and §9: the service has refused the request before it did anything
      code === "use_dpop_nonce" && hasNewNonce || // a proxy or browser that got no answer may have sent the request a second time, with the same proof
      code === "invalid_dpop_proof" && isIdempotent2;
      return isRepeated;
    }
  };
}
var init_proofs = __esm({
  "packages/client/src/dpop/proofs.ts"() {
    "use strict";
    init_build();
  }
});

// packages/client/src/dpop/bound-tokens.ts
var bound_tokens_exports = {};
__export(bound_tokens_exports, {
  boundTokens: () => boundTokens
});
function boundTokens(tokens, error) {
  const bound = all.get(tokens) ?? bind(tokens, error);
  all.set(tokens, bound);
  return bound;
}
function bind(tokens, Refusal) {
  const { keys: place = /* @__PURE__ */ new Map() } = tokens;
  const keys = place === "indexedDB" ? keyDatabase : place;
  const known = /* @__PURE__ */ new Map();
  const nonces = /* @__PURE__ */ new Map();
  const keyOf = async (jkt) => {
    const key = known.get(jkt) ?? await keys.get(jkt);
    if (key !== void 0) known.set(jkt, key);
    return key;
  };
  return {
    async get() {
      const stored = await tokens.get();
      return stored?.jkt !== void 0 && await keyOf(stored.jkt) ? stored : void 0;
    },
    /** Tabs that see tokens must find their key: it comes before them, and goes after them. */
    async set(next) {
      const [before, after] = [(await tokens.get())?.jkt, next?.jkt];
      const key = known.get(after ?? "");
      if (after !== void 0 && after !== before && key !== void 0) await keys.set(after, key);
      await tokens.set(next);
      if (before === void 0 || before === after) return;
      known.delete(before);
      await keys.delete(before);
    },
    async createKey() {
      if (globalThis.crypto?.subtle === void 0) throw new Error(INSECURE);
      const key = await generateKeyPair("ES256");
      const jkt = await calculateThumbprint(key.publicKey);
      known.set(jkt, key);
      return jkt;
    },
    async send(send, { jkt, accessToken }, method, path, init) {
      const key = await keyOf(jkt);
      if (key === void 0) return send(method, path, init);
      const sent = await send(method, path, { ...init, proofs: callProofs(nonces, key, accessToken) });
      if (accessToken !== void 0 || !isUnbound(sent.data)) return sent;
      const { refresh_token } = sent.data;
      if (path === "/auth/login")
        await send("POST", "/auth/logout", { body: { refresh_token } }).catch(() => void 0);
      throw new Refusal(sent.response, NOT_BOUND);
    }
  };
}
function isUnbound(data) {
  const answer = data;
  return answer?.access_token !== void 0 && `${answer.token_type}`.toLowerCase() !== "dpop";
}
var INSECURE, NOT_BOUND, all;
var init_bound_tokens = __esm({
  "packages/client/src/dpop/bound-tokens.ts"() {
    "use strict";
    init_build();
    init_key_database();
    init_proofs();
    INSECURE = "DPoP needs the Web Crypto API: open the page by HTTPS, or from localhost.";
    NOT_BOUND = {
      code: "token_not_bound",
      detail: "The services ignore the proof, and issue Bearer tokens. Update them, or leave out the option `dpop`."
    };
    all = /* @__PURE__ */ new WeakMap();
  }
});

// packages/replay-page/src/elements.ts
function byId(id) {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`no element ${id}`);
  return element;
}
function make(name, className, ...content) {
  const element = document.createElement(name);
  if (className !== "") element.className = className;
  element.append(...content);
  return element;
}
function why(section, about) {
  const rest = make("span", "visually-hidden", `: ${about} (opens a new tab)`);
  const link = make("a", "why", "Why", rest);
  link.href = `/replay/explained#${section}`;
  link.target = "_blank";
  return link;
}
function seconds(ms) {
  return (ms / 1e3).toFixed(1);
}

// packages/replay-page/src/ledger.ts
var WINDOW_MS = 1e4;
var NONE = {
  newest: 0,
  isLive: false,
  isBound: false,
  rotatedAt: void 0,
  endedAt: void 0
};
function createLedger() {
  const tokens = { access: [], refresh: [] };
  let session = NONE;
  const learn = ({ access, refresh }) => {
    if (access !== void 0) tokens.access.push(access);
    if (refresh === void 0 || tokens.refresh.includes(refresh)) return false;
    session = { ...session, newest: tokens.refresh.push(refresh) };
    return true;
  };
  const end = ({ at }) => {
    if (session.isLive) session = { ...session, isLive: false, endedAt: at };
  };
  const noteSignIn = (exchange) => {
    if (exchange.status !== 200) return "sign-in-refused";
    tokens.access = [];
    tokens.refresh = [];
    session = { ...NONE, isLive: true, isBound: exchange.hasProof };
    learn(exchange.got);
    return "signed-in";
  };
  const noteRefresh = (exchange) => {
    if (exchange.status === 200) {
      if (!learn(exchange.got)) return "repeated";
      session = { ...session, rotatedAt: exchange.at };
      return "rotated";
    }
    const { refresh: sent = "" } = exchange.sent;
    if (!tokens.refresh.includes(sent)) return "over";
    const wasLive = exchange.sentAt < (session.endedAt ?? Infinity);
    end(exchange);
    return wasLive && sent !== tokens.refresh.at(-1) ? "reuse" : "over";
  };
  return {
    note(exchange) {
      const { party, path, status, code, hasProof } = exchange;
      if (status === 0 || status === 429 || status >= 500) return "failed";
      if (code === "use_dpop_nonce") return "nonce-demanded";
      if (status === 401 && party === "thief" && session.isBound && session.isLive)
        return hasProof ? "wrong-key" : "proof-demanded";
      if (path === "/auth/login") return noteSignIn(exchange);
      if (path === "/auth/refresh") return noteRefresh(exchange);
      if (status === 401) return "refused";
      if (path !== "/auth/logout") return status < 300 ? "served" : "failed";
      end(exchange);
      return "signed-out";
    },
    nameOf: (kind, token) => {
      const number = tokens[kind].indexOf(token) + 1;
      return `${kind} ${number === 0 ? "" : `${number} `}\u2026${token.slice(-6)}`;
    },
    session: () => session
  };
}

// packages/replay-page/src/columns.ts
function createColumns({ nameOf, session }) {
  const shown = { owner: "", thief: "" };
  const showParty = (party, state, mood, tokens = {}) => {
    const names = ["access", "refresh"].flatMap((kind) => {
      const token = tokens[kind];
      return token === void 0 ? [] : [nameOf(kind, token)];
    });
    const text = [state, mood, ...names].join();
    if (shown[party] === text) return;
    shown[party] = text;
    const line = byId(`${party}-state`);
    line.textContent = state;
    line.className = `state ${mood}`;
    byId(`${party}-tokens`).replaceChildren(...names.map((name) => make("li", "token", name)));
  };
  const showOwner = ({ owner: tokens, isBound }) => {
    if (tokens !== void 0)
      showParty("owner", isBound ? "Signed in, with DPoP" : "Signed in", "in", tokens);
    else if (session().newest > 0) showParty("owner", "The session is over", "out");
    else showParty("owner", "Not signed in", "nothing");
    const form = byId("sign-in");
    const actions = byId("owner-actions");
    const isIn = tokens !== void 0;
    if (form.hidden === isIn) return;
    const hadFocus = form.contains(document.activeElement) || actions.contains(document.activeElement);
    form.hidden = isIn;
    actions.hidden = !isIn;
    if (hadFocus) byId(isIn ? "owner-call" : "username").focus();
  };
  const showThief = ({ owner: owner2, thief: thief2, isBound, isThiefOut: isThiefOut2 }) => {
    if (thief2 === void 0) showParty("thief", "Has nothing", "nothing");
    else if (isThiefOut2) showParty("thief", "The copies are refused", "out", thief2);
    else if (isBound) showParty("thief", "Holds copies, without the key", "nothing", thief2);
    else showParty("thief", "The copies work", "in", thief2);
    setUsable("steal", owner2 !== void 0);
    setUsable("thief-call", thief2 !== void 0);
    setUsable("thief-refresh", thief2 !== void 0);
  };
  return (view) => {
    showOwner(view);
    showThief(view);
    const leftMs = windowLeftMs(session());
    byId("window-text").textContent = windowText(leftMs);
    byId("window").value = leftMs;
  };
  function windowText(leftMs) {
    const { isLive, rotatedAt } = session();
    if (!isLive || rotatedAt === void 0) return "Each refresh opens the replay window for ten seconds.";
    if (leftMs === 0) return "Closed. Now an old refresh token ends the session.";
    return `Open for ${seconds(leftMs)} s: the refresh token before the newest gets the same successor.`;
  }
}
function windowLeftMs({ isLive, rotatedAt }) {
  if (!isLive || rotatedAt === void 0) return 0;
  return Math.max(0, rotatedAt + WINDOW_MS - performance.now());
}
function setUsable(id, isUsable) {
  byId(id).setAttribute("aria-disabled", String(!isUsable));
}

// packages/replay-page/src/exchange.ts
function recordingFetch(party, record) {
  return async (request) => {
    const [scheme, access] = request.headers.get("authorization")?.split(" ") ?? [];
    const body = await contentOf(request.clone());
    const asked = {
      party,
      method: request.method,
      path: new URL(request.url).pathname,
      scheme,
      hasProof: request.headers.has("dpop"),
      sent: carried(access, body.refresh_token),
      sentAt: performance.now()
    };
    const answered = (status, answer = {}) => record({
      ...asked,
      status,
      code: answer.code,
      detail: answer.detail,
      got: carried(answer.access_token, answer.refresh_token),
      at: performance.now()
    });
    try {
      const response = await fetch(request);
      answered(response.status, await contentOf(response.clone()));
      return response;
    } catch (error) {
      answered(0);
      throw error;
    }
  };
}
async function contentOf(message) {
  try {
    return JSON.parse(await message.text());
  } catch {
    return {};
  }
}
function carried(access, refresh) {
  return { ...access !== void 0 && { access }, ...refresh !== void 0 && { refresh } };
}

// packages/replay-page/src/sections.ts
var DPOP = "tokens-that-are-bound-to-a-key";

// packages/replay-page/src/stories.ts
var hears = (...expected) => ({ heard }) => expected.some((one) => heard.includes(one));
var signIn = {
  text: "Owner: sign in.",
  section: "refresh-token-rotation",
  next: "sign-in-button",
  isDone: ({ isSignedIn, isBound }) => isSignedIn && !isBound
};
var otherSignIn = ({ needsKey }) => ({
  text: `Owner: sign out. This story needs a sign-in ${needsKey ? "with" : "without"} DPoP.`,
  next: "sign-out",
  isDone: () => false
});
var steal = {
  text: "Thief: steal the tokens. They are copied, so the owner notices nothing.",
  section: "tokens-and-secrets-that-can-be-replayed",
  next: "steal",
  isDone: ({ isStolen }) => isStolen
};
var signInWithKey = {
  text: "Owner: bind the tokens to a key, and sign in.",
  section: DPOP,
  next: "sign-in-button",
  isDone: ({ isSignedIn, isBound }) => isSignedIn && isBound
};
var ownerRefreshes = {
  text: "Owner: refresh. The stolen refresh token is now the one before the newest.",
  section: "refresh-token-rotation",
  next: "owner-refresh",
  isDone: hears("owner rotated")
};
var bothLose = {
  text: "Watch both columns: the session ends for both within a second.",
  section: "logout-and-the-revocation-feed",
  isAfterEnd: true,
  isDone: ({ isSignedIn, isThiefOut: isThiefOut2 }) => !isSignedIn && isThiefOut2
};
var STORIES = [
  {
    title: "A stolen access token",
    needsKey: false,
    section: "a-stolen-access-token",
    steps: [
      signIn,
      steal,
      {
        text: "Thief: call customers with the copy.",
        section: "a-stolen-access-token",
        next: "thief-call",
        isDone: hears("thief served")
      },
      {
        text: "Owner: call customers. Both are served.",
        section: "tokens-and-secrets-that-can-be-replayed",
        next: "owner-call",
        isDone: hears("owner served")
      }
    ],
    end: "A Bearer token works for every holder, until it expires: ten minutes at most. The other stories end it sooner."
  },
  {
    title: "A refresh token, late",
    needsKey: false,
    section: "reuse-of-a-refresh-token",
    steps: [
      signIn,
      steal,
      ownerRefreshes,
      {
        text: "Wait until the replay window has closed: ten seconds.",
        section: "the-replay-window",
        isDone: ({ isWindowOpen }) => !isWindowOpen
      },
      {
        text: "Thief: refresh with the old token.",
        section: "reuse-of-a-refresh-token",
        next: "thief-refresh",
        isAfterEnd: true,
        // the owner may see the end before the thief gets its answer
        isDone: hears("thief reuse")
      },
      bothLose
    ],
    end: "auth cannot know which of the two is the thief. So the session ends for both, and the owner signs in again."
  },
  {
    title: "The thief is first",
    needsKey: false,
    section: "a-stolen-refresh-token",
    steps: [
      signIn,
      steal,
      {
        text: "Thief: refresh before the owner does. The thief has the newest token now.",
        section: "a-stolen-refresh-token",
        next: "thief-refresh",
        isDone: hears("thief rotated")
      },
      {
        text: "Wait until the replay window has closed: ten seconds. The owner does not notice the theft yet.",
        section: "the-replay-window",
        isDone: ({ isWindowOpen }) => !isWindowOpen
      },
      {
        text: "Owner: refresh, as the program of the owner does every ten minutes.",
        section: "reuse-of-a-refresh-token",
        next: "owner-refresh",
        isAfterEnd: true,
        isDone: hears("owner reuse")
      },
      bothLose
    ],
    end: "The session was the thief\u2019s for as long as the owner did not refresh: ten minutes at most, while the owner is there."
  },
  {
    title: "A refresh token, at once",
    needsKey: false,
    section: "the-replay-window",
    steps: [
      signIn,
      steal,
      ownerRefreshes,
      {
        text: "Thief: refresh within ten seconds.",
        section: "a-second-tab-or-a-lost-answer",
        next: "thief-refresh",
        isDone: hears("thief repeated")
      },
      {
        text: "Owner: refresh again, and wait ten seconds.",
        section: "the-replay-window",
        next: "owner-refresh",
        isDone: ({ heard, isWindowOpen }) => heard.includes("owner rotated") && !isWindowOpen
      },
      {
        text: "Thief: refresh. This time it is too late.",
        section: "reuse-of-a-refresh-token",
        next: "thief-refresh",
        isAfterEnd: true,
        // the owner may see the end before the thief gets its answer
        isDone: hears("thief reuse")
      },
      bothLose
    ],
    end: "The window forgives a lost answer and a second tab. It also forgives a thief, but only one who is quick each time."
  },
  {
    title: "Signing out",
    needsKey: false,
    section: "logout-and-the-revocation-feed",
    steps: [
      signIn,
      steal,
      {
        text: "Thief: call customers with the copy. It works.",
        section: "a-stolen-access-token",
        next: "thief-call",
        isDone: hears("thief served")
      },
      {
        text: "Owner: sign out.",
        section: "logout-and-the-revocation-feed",
        next: "sign-out",
        isAfterEnd: true,
        isDone: hears("owner signed-out")
      },
      { ...bothLose, text: "Watch the thief: the copy is refused within a second." }
    ],
    end: "Every process verifies tokens by itself, and still refuses those of an ended session: it follows the revocation feed."
  },
  {
    title: "With DPoP",
    needsKey: true,
    section: "limits-of-dpop",
    steps: [
      signInWithKey,
      {
        ...steal,
        text: "Thief: steal the tokens. The key stays behind, because no script can export it.",
        section: DPOP
      },
      {
        text: "Thief: call customers with the copy, as a Bearer token and then with a key of the thief.",
        section: DPOP,
        next: "thief-call",
        isDone: hears("thief wrong-key")
      },
      {
        text: "Thief: refresh in both ways.",
        section: DPOP,
        next: "thief-refresh",
        isDone: hears("thief wrong-key")
      },
      {
        text: "Owner: call customers. The session goes on.",
        section: DPOP,
        next: "owner-call",
        isDone: hears("owner served")
      }
    ],
    end: "The copies are worth nothing without the key of the owner. Only a script in the page of the owner could use that key, in place."
  }
];

// packages/replay-page/src/guide.ts
function createGuide(onChoice) {
  const [first] = STORIES;
  if (first === void 0) throw new Error("no story");
  let story = first;
  let done = 0;
  let heard = [];
  let shown = "";
  byId("stories").append(
    ...STORIES.map((each, index) => {
      const radio = document.createElement("input");
      radio.type = "radio";
      radio.name = "story";
      radio.checked = index === 0;
      radio.addEventListener("change", () => {
        story = each;
        done = 0;
        heard = [];
        onChoice(each);
      });
      return make("label", "", radio, each.title);
    })
  );
  const show2 = ({ isSignedIn, isBound }) => {
    const isOther = done === 0 && isSignedIn && isBound !== story.needsKey;
    const steps = isOther ? [otherSignIn(story), ...story.steps] : story.steps;
    const state = `${story.title} ${done} ${isOther}`;
    if (state === shown) return;
    shown = state;
    const items = steps.map(({ text, section }, index) => {
      const item = make("li", index < done ? "done" : index === done ? "now" : "");
      if (index === done) item.setAttribute("aria-current", "step");
      if (index < done) item.append(make("span", "visually-hidden", "Done: "));
      item.append(text, " ");
      if (section !== void 0) item.append(why(section, text));
      return item;
    });
    byId("steps").replaceChildren(...items);
    const isOver = done === steps.length;
    byId("moral").replaceChildren(...isOver ? [`${story.end} `, why(story.section, story.title)] : []);
    for (const marked of document.querySelectorAll(".next")) marked.classList.remove("next");
    const next = steps[done]?.next;
    if (next !== void 0) byId(next).classList.add("next");
  };
  return {
    update(scene, news) {
      if (news !== void 0) heard.push(news);
      const step = story.steps[done];
      const isLost = !scene.isSignedIn && step !== void 0 && step.isAfterEnd !== true;
      if (isLost || news === "owner signed-in") done = 0;
      while (story.steps[done]?.isDone({ ...scene, heard })) {
        done += 1;
        heard = [];
      }
      show2(scene);
    }
  };
}

// packages/client/src/api-error.ts
var UNEXPECTED = {
  code: "unexpected_answer",
  detail: "The answer is not from the services. Check the base URL, the network and its proxies."
};
var ApiError = class extends Error {
  name = "ApiError";
  /** The HTTP status. */
  status;
  /**
   * A stable code, for programs: the `code` of the problem, the `error` of OAuth 2.0, `http_502` for example if the body
   * has neither, or `unexpected_answer` for a 2xx.
   */
  code;
  /** An explanation, for people. */
  detail;
  /** The faults of the input, for a 400 or 422. */
  errors;
  /** The id of the request in the logs of the services. */
  requestId;
  /** The time to wait before another attempt, for a 429 or 503. */
  retryAfterSeconds;
  /** @param body the body of the answer, parsed if it was JSON; it becomes the `cause` */
  constructor({ ok, status, statusText, headers }, body) {
    const members = typeof body === "object" && body !== null ? body : {};
    const fallback = ok ? UNEXPECTED : { code: `http_${status}`, detail: statusText };
    const code = members.code ?? members.error ?? fallback.code;
    const detail = members.detail ?? members.error_description ?? fallback.detail;
    super(`${status} ${code}: ${detail}`, { cause: body });
    this.status = status;
    this.code = code;
    this.detail = detail;
    this.errors = members.errors ?? [];
    this.requestId = members.request_id ?? headers.get("x-request-id") ?? void 0;
    this.retryAfterSeconds = retryAfterSeconds(headers);
  }
};
function retryAfterSeconds(headers) {
  const value = headers.get("retry-after") ?? "";
  return /^\d+$/.test(value) ? Number(value) : void 0;
}

// packages/client/src/clock.ts
var systemClock = {
  now: () => Date.now(),
  sleep: (ms, signal) => new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    signal?.addEventListener("abort", wake);
  })
};
function orAborted(promise, signal) {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

// node_modules/.pnpm/openapi-fetch@0.17.0/node_modules/openapi-fetch/dist/index.mjs
var PATH_PARAM_RE = /\{[^{}]+\}/g;
var supportsRequestInitExt = () => {
  return typeof process === "object" && Number.parseInt(process?.versions?.node?.substring(0, 2)) >= 18 && process.versions.undici;
};
function randomID() {
  return Math.random().toString(36).slice(2, 11);
}
function createClient(clientOptions) {
  let {
    baseUrl = "",
    Request: CustomRequest = globalThis.Request,
    fetch: baseFetch = globalThis.fetch,
    querySerializer: globalQuerySerializer,
    bodySerializer: globalBodySerializer,
    pathSerializer: globalPathSerializer,
    headers: baseHeaders,
    requestInitExt = void 0,
    ...baseOptions
  } = { ...clientOptions };
  requestInitExt = supportsRequestInitExt() ? requestInitExt : void 0;
  baseUrl = removeTrailingSlash(baseUrl);
  const globalMiddlewares = [];
  async function coreFetch(schemaPath, fetchOptions) {
    const {
      baseUrl: localBaseUrl,
      fetch: fetch2 = baseFetch,
      Request: Request2 = CustomRequest,
      headers,
      params = {},
      parseAs = "json",
      querySerializer: requestQuerySerializer,
      bodySerializer = globalBodySerializer ?? defaultBodySerializer,
      pathSerializer: requestPathSerializer,
      body,
      middleware: requestMiddlewares = [],
      ...init
    } = fetchOptions || {};
    let finalBaseUrl = baseUrl;
    if (localBaseUrl) {
      finalBaseUrl = removeTrailingSlash(localBaseUrl) ?? baseUrl;
    }
    let querySerializer = typeof globalQuerySerializer === "function" ? globalQuerySerializer : createQuerySerializer(globalQuerySerializer);
    if (requestQuerySerializer) {
      querySerializer = typeof requestQuerySerializer === "function" ? requestQuerySerializer : createQuerySerializer({
        ...typeof globalQuerySerializer === "object" ? globalQuerySerializer : {},
        ...requestQuerySerializer
      });
    }
    const pathSerializer = requestPathSerializer || globalPathSerializer || defaultPathSerializer;
    const serializedBody = body === void 0 ? void 0 : bodySerializer(
      body,
      // Note: we declare mergeHeaders() both here and below because it’s a bit of a chicken-or-egg situation:
      // bodySerializer() needs all headers so we aren’t dropping ones set by the user, however,
      // the result of this ALSO sets the lowest-priority content-type header. So we re-merge below,
      // setting the content-type at the very beginning to be overwritten.
      // Lastly, based on the way headers work, it’s not a simple “present-or-not” check becauase null intentionally un-sets headers.
      mergeHeaders(baseHeaders, headers, params.header)
    );
    const finalHeaders = mergeHeaders(
      // with no body, we should not to set Content-Type
      serializedBody === void 0 || // if serialized body is FormData; browser will correctly set Content-Type & boundary expression
      serializedBody instanceof FormData ? {} : {
        "Content-Type": "application/json"
      },
      baseHeaders,
      headers,
      params.header
    );
    const finalMiddlewares = [...globalMiddlewares, ...requestMiddlewares];
    const requestInit = {
      redirect: "follow",
      ...baseOptions,
      ...init,
      body: serializedBody,
      headers: finalHeaders
    };
    let id;
    let options;
    let request = new Request2(
      createFinalURL(schemaPath, { baseUrl: finalBaseUrl, params, querySerializer, pathSerializer }),
      requestInit
    );
    let response;
    for (const key in init) {
      if (!(key in request)) {
        request[key] = init[key];
      }
    }
    if (finalMiddlewares.length) {
      id = randomID();
      options = Object.freeze({
        baseUrl: finalBaseUrl,
        fetch: fetch2,
        parseAs,
        querySerializer,
        bodySerializer,
        pathSerializer
      });
      for (const m of finalMiddlewares) {
        if (m && typeof m === "object" && typeof m.onRequest === "function") {
          const result = await m.onRequest({
            request,
            schemaPath,
            params,
            options,
            id
          });
          if (result) {
            if (result instanceof Request2) {
              request = result;
            } else if (result instanceof Response) {
              response = result;
              break;
            } else {
              throw new Error("onRequest: must return new Request() or Response() when modifying the request");
            }
          }
        }
      }
    }
    if (!response) {
      try {
        response = await fetch2(request, requestInitExt);
      } catch (error2) {
        let errorAfterMiddleware = error2;
        if (finalMiddlewares.length) {
          for (let i = finalMiddlewares.length - 1; i >= 0; i--) {
            const m = finalMiddlewares[i];
            if (m && typeof m === "object" && typeof m.onError === "function") {
              const result = await m.onError({
                request,
                error: errorAfterMiddleware,
                schemaPath,
                params,
                options,
                id
              });
              if (result) {
                if (result instanceof Response) {
                  errorAfterMiddleware = void 0;
                  response = result;
                  break;
                }
                if (result instanceof Error) {
                  errorAfterMiddleware = result;
                  continue;
                }
                throw new Error("onError: must return new Response() or instance of Error");
              }
            }
          }
        }
        if (errorAfterMiddleware) {
          throw errorAfterMiddleware;
        }
      }
      if (finalMiddlewares.length) {
        for (let i = finalMiddlewares.length - 1; i >= 0; i--) {
          const m = finalMiddlewares[i];
          if (m && typeof m === "object" && typeof m.onResponse === "function") {
            const result = await m.onResponse({
              request,
              response,
              schemaPath,
              params,
              options,
              id
            });
            if (result) {
              if (!(result instanceof Response)) {
                throw new Error("onResponse: must return new Response() when modifying the response");
              }
              response = result;
            }
          }
        }
      }
    }
    const contentLength = response.headers.get("Content-Length");
    if (response.status === 204 || request.method === "HEAD" || contentLength === "0" && !response.headers.get("Transfer-Encoding")?.includes("chunked")) {
      return response.ok ? { data: void 0, response } : { error: void 0, response };
    }
    if (response.ok) {
      const getResponseData = async () => {
        if (parseAs === "stream") {
          return response.body;
        }
        if (parseAs === "json" && !contentLength) {
          const raw = await response.text();
          return raw ? JSON.parse(raw) : void 0;
        }
        return await response[parseAs]();
      };
      return { data: await getResponseData(), response };
    }
    let error = await response.text();
    try {
      error = JSON.parse(error);
    } catch {
    }
    return { error, response };
  }
  return {
    request(method, url, init) {
      return coreFetch(url, { ...init, method: method.toUpperCase() });
    },
    /** Call a GET endpoint */
    GET(url, init) {
      return coreFetch(url, { ...init, method: "GET" });
    },
    /** Call a PUT endpoint */
    PUT(url, init) {
      return coreFetch(url, { ...init, method: "PUT" });
    },
    /** Call a POST endpoint */
    POST(url, init) {
      return coreFetch(url, { ...init, method: "POST" });
    },
    /** Call a DELETE endpoint */
    DELETE(url, init) {
      return coreFetch(url, { ...init, method: "DELETE" });
    },
    /** Call a OPTIONS endpoint */
    OPTIONS(url, init) {
      return coreFetch(url, { ...init, method: "OPTIONS" });
    },
    /** Call a HEAD endpoint */
    HEAD(url, init) {
      return coreFetch(url, { ...init, method: "HEAD" });
    },
    /** Call a PATCH endpoint */
    PATCH(url, init) {
      return coreFetch(url, { ...init, method: "PATCH" });
    },
    /** Call a TRACE endpoint */
    TRACE(url, init) {
      return coreFetch(url, { ...init, method: "TRACE" });
    },
    /** Register middleware */
    use(...middleware) {
      for (const m of middleware) {
        if (!m) {
          continue;
        }
        if (typeof m !== "object" || !("onRequest" in m || "onResponse" in m || "onError" in m)) {
          throw new Error("Middleware must be an object with one of `onRequest()`, `onResponse() or `onError()`");
        }
        globalMiddlewares.push(m);
      }
    },
    /** Unregister middleware */
    eject(...middleware) {
      for (const m of middleware) {
        const i = globalMiddlewares.indexOf(m);
        if (i !== -1) {
          globalMiddlewares.splice(i, 1);
        }
      }
    }
  };
}
function serializePrimitiveParam(name, value, options) {
  if (value === void 0 || value === null) {
    return "";
  }
  if (typeof value === "object") {
    throw new Error(
      "Deeply-nested arrays/objects aren\u2019t supported. Provide your own `querySerializer()` to handle these."
    );
  }
  return `${name}=${options?.allowReserved === true ? value : encodeURIComponent(value)}`;
}
function serializeObjectParam(name, value, options) {
  if (!value || typeof value !== "object") {
    return "";
  }
  const values = [];
  const joiner = {
    simple: ",",
    label: ".",
    matrix: ";"
  }[options.style] || "&";
  if (options.style !== "deepObject" && options.explode === false) {
    for (const k in value) {
      values.push(k, options.allowReserved === true ? value[k] : encodeURIComponent(value[k]));
    }
    const final2 = values.join(",");
    switch (options.style) {
      case "form": {
        return `${name}=${final2}`;
      }
      case "label": {
        return `.${final2}`;
      }
      case "matrix": {
        return `;${name}=${final2}`;
      }
      default: {
        return final2;
      }
    }
  }
  for (const k in value) {
    const finalName = options.style === "deepObject" ? `${name}[${k}]` : k;
    values.push(serializePrimitiveParam(finalName, value[k], options));
  }
  const final = values.join(joiner);
  return options.style === "label" || options.style === "matrix" ? `${joiner}${final}` : final;
}
function serializeArrayParam(name, value, options) {
  if (!Array.isArray(value)) {
    return "";
  }
  if (options.explode === false) {
    const joiner2 = { form: ",", spaceDelimited: "%20", pipeDelimited: "|" }[options.style] || ",";
    const final = (options.allowReserved === true ? value : value.map((v) => encodeURIComponent(v))).join(joiner2);
    switch (options.style) {
      case "simple": {
        return final;
      }
      case "label": {
        return `.${final}`;
      }
      case "matrix": {
        return `;${name}=${final}`;
      }
      // case "spaceDelimited":
      // case "pipeDelimited":
      default: {
        return `${name}=${final}`;
      }
    }
  }
  const joiner = { simple: ",", label: ".", matrix: ";" }[options.style] || "&";
  const values = [];
  for (const v of value) {
    if (options.style === "simple" || options.style === "label") {
      values.push(options.allowReserved === true ? v : encodeURIComponent(v));
    } else {
      values.push(serializePrimitiveParam(name, v, options));
    }
  }
  return options.style === "label" || options.style === "matrix" ? `${joiner}${values.join(joiner)}` : values.join(joiner);
}
function createQuerySerializer(options) {
  return function querySerializer(queryParams) {
    const search = [];
    if (queryParams && typeof queryParams === "object") {
      for (const name in queryParams) {
        const value = queryParams[name];
        if (value === void 0 || value === null) {
          continue;
        }
        if (Array.isArray(value)) {
          if (value.length === 0) {
            continue;
          }
          search.push(
            serializeArrayParam(name, value, {
              style: "form",
              explode: true,
              ...options?.array,
              allowReserved: options?.allowReserved || false
            })
          );
          continue;
        }
        if (typeof value === "object") {
          search.push(
            serializeObjectParam(name, value, {
              style: "deepObject",
              explode: true,
              ...options?.object,
              allowReserved: options?.allowReserved || false
            })
          );
          continue;
        }
        search.push(serializePrimitiveParam(name, value, options));
      }
    }
    return search.join("&");
  };
}
function defaultPathSerializer(pathname, pathParams) {
  let nextURL = pathname;
  for (const match of pathname.match(PATH_PARAM_RE) ?? []) {
    let name = match.substring(1, match.length - 1);
    let explode = false;
    let style = "simple";
    if (name.endsWith("*")) {
      explode = true;
      name = name.substring(0, name.length - 1);
    }
    if (name.startsWith(".")) {
      style = "label";
      name = name.substring(1);
    } else if (name.startsWith(";")) {
      style = "matrix";
      name = name.substring(1);
    }
    if (!pathParams || pathParams[name] === void 0 || pathParams[name] === null) {
      continue;
    }
    const value = pathParams[name];
    if (Array.isArray(value)) {
      nextURL = nextURL.replace(match, serializeArrayParam(name, value, { style, explode }));
      continue;
    }
    if (typeof value === "object") {
      nextURL = nextURL.replace(match, serializeObjectParam(name, value, { style, explode }));
      continue;
    }
    if (style === "matrix") {
      nextURL = nextURL.replace(match, `;${serializePrimitiveParam(name, value)}`);
      continue;
    }
    nextURL = nextURL.replace(match, style === "label" ? `.${encodeURIComponent(value)}` : encodeURIComponent(value));
  }
  return nextURL;
}
function defaultBodySerializer(body, headers) {
  if (body instanceof FormData) {
    return body;
  }
  if (headers) {
    const contentType = headers.get instanceof Function ? headers.get("Content-Type") ?? headers.get("content-type") : headers["Content-Type"] ?? headers["content-type"];
    if (contentType === "application/x-www-form-urlencoded") {
      return new URLSearchParams(body).toString();
    }
  }
  return JSON.stringify(body);
}
function createFinalURL(pathname, options) {
  let finalURL = `${options.baseUrl}${pathname}`;
  if (options.params?.path) {
    finalURL = options.pathSerializer(finalURL, options.params.path);
  }
  let search = options.querySerializer(options.params.query ?? {});
  if (search.startsWith("?")) {
    search = search.substring(1);
  }
  if (search) {
    finalURL += `?${search}`;
  }
  return finalURL;
}
function mergeHeaders(...allHeaders) {
  const finalHeaders = new Headers();
  for (const h of allHeaders) {
    if (!h || typeof h !== "object") {
      continue;
    }
    const iterator = h instanceof Headers ? h.entries() : Object.entries(h);
    for (const [k, v] of iterator) {
      if (v === null) {
        finalHeaders.delete(k);
      } else if (Array.isArray(v)) {
        for (const v2 of v) {
          finalHeaders.append(k, v2);
        }
      } else if (v !== void 0) {
        finalHeaders.set(k, v);
      }
    }
  }
  return finalHeaders;
}
function removeTrailingSlash(url) {
  if (url.endsWith("/")) {
    return url.substring(0, url.length - 1);
  }
  return url;
}

// packages/client/src/random-key.ts
function randomKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// packages/client/src/defaults.ts
var OPERATIONS = {
  "GET /customers/export": { parseAs: "text" },
  "GET /oauth/authorize": { parseAs: "text" },
  "POST /oauth/token": { bodySerializer: formOf },
  "POST /customers/import": { bodySerializer: (file) => file, duplex: "half" }
};
function withDefaults(send) {
  return (method, path, init = {}) => {
    const operation = `${method} ${path}`;
    const { parseAs, ...defaults } = OPERATIONS[operation] ?? {};
    const headers = mergeHeaders(headersOf(operation, init), init.headers);
    if (operation === "POST /customers" && !headers.has("idempotency-key")) {
      headers.set("idempotency-key", randomKey());
    }
    return send(method, path, { ...defaults, ...init, parseAs: init.parseAs ?? parseAs, headers });
  };
}
function headersOf(operation, { body }) {
  if (operation === "POST /customers/import") return { "content-type": mediaTypeOf(body) };
  if (operation.startsWith("POST /oauth/")) return { "content-type": "application/x-www-form-urlencoded" };
  return {};
}
function formOf(body) {
  const parameters = Object.entries(body).flatMap(
    ([name, value]) => [value ?? []].flat().map((one) => [name, `${one}`])
  );
  return new URLSearchParams(parameters);
}
function mediaTypeOf(file) {
  const type = file instanceof Blob ? file.type : "";
  return type === "" || type === "application/vnd.ms-excel" ? "text/csv" : type;
}

// packages/client/src/dpop/dpop.ts
function lazyDpop(tokens, error) {
  const lazily = (name) => async (...args) => {
    const { boundTokens: boundTokens2 } = await Promise.resolve().then(() => (init_bound_tokens(), bound_tokens_exports));
    return boundTokens2(tokens, error)[name](...args);
  };
  return {
    get: lazily("get"),
    set: lazily("set"),
    createKey: lazily("createKey"),
    send: lazily("send")
  };
}

// packages/client/src/operations.ts
var METHODS = ["GET", "PUT", "POST", "PATCH", "DELETE"];
function operations(send) {
  const calls = METHODS.map((method) => [method, (path, init) => send(method, path, init)]);
  return Object.fromEntries(calls);
}

// packages/client/src/pages.ts
async function* pages(fetchPage) {
  let page = await fetchPage({});
  yield* page.items;
  while (page.next_cursor !== null) {
    page = await fetchPage({ cursor: page.next_cursor });
    yield* page.items;
  }
}

// packages/client/src/retry.ts
var MAX_ATTEMPTS = 4;
var MAX_WAIT_MS = 5e3;
var MAX_JITTER = 0.25;
async function withRetries(request, clock, attempt) {
  let leftMs = MAX_WAIT_MS;
  for (let attempts = 1; ; attempts += 1) {
    try {
      return await attempt();
    } catch (error) {
      const waitMs = waitOf(error, request);
      leftMs -= waitMs;
      if (attempts === MAX_ATTEMPTS || leftMs < 0) throw error;
      request.signal?.throwIfAborted();
      if (waitMs > 0) await orAborted(clock.sleep(waitMs, request.signal), request.signal);
    }
  }
}
function waitOf(error, request) {
  if (!(error instanceof ApiError) || !isRepeatable(request.body)) return Infinity;
  if (request.proofs?.mayRepeatAfter(error.code, isIdempotent(request))) return 0;
  if (error.retryAfterSeconds === void 0 || !mayRepeatAfter(error, request)) return Infinity;
  return error.retryAfterSeconds * 1e3 * (1 + Math.random() * MAX_JITTER);
}
function mayRepeatAfter({ status, code }, request) {
  if (status === 429) return true;
  if (code === "request_in_progress") return true;
  return status === 503 && isIdempotent(request);
}
function isIdempotent({ method, path }) {
  return IDEMPOTENT.test(`${method} ${path}`);
}
function isRepeatable(body) {
  return !(typeof body === "object" && body !== null && ("getReader" in body || Symbol.asyncIterator in body));
}
var IDEMPOTENT = /^((GET|DELETE) |PUT (?!\/auth\/password$)|POST (\/customers|\/auth\/(refresh|logout)|\/oauth\/(revoke|introspect))$)/;

// packages/client/src/send.ts
function createSend(baseUrl, fetch2, clock) {
  const client = createClient({ baseUrl, fetch: fetch2 });
  const request = client.request;
  return (method, path, init = {}) => {
    const isJson = (init.parseAs ?? "json") === "json";
    const { proofs, ...rest } = init;
    const plainFetch = init.fetch ?? fetch2;
    const options = {
      ...rest,
      ...isJson && { parseAs: "text" },
      ...proofs && { fetch: (attempt) => proofs.sendWithProof(attempt, plainFetch) }
    };
    return withRetries({ method, path, ...init }, clock, async () => {
      const { data, error, response } = await request(method, path, options);
      if (!response.ok) throw new ApiError(response, error);
      return { data: isJson ? parsed(data, response) : data, response };
    });
  };
}
function parsed(json, response) {
  try {
    return json ? JSON.parse(`${json}`) : void 0;
  } catch {
    throw new ApiError(response, json);
  }
}

// packages/client/src/session.ts
var AHEAD_MS = 3e4;
var MARGIN_MS = 2e3;
var REFRESH_TIMEOUT_MS = 8e3;
function createSession(place, clock, unauthorized, dpop) {
  const storage = dpop ?? place;
  const { POST: send } = operations(unauthorized);
  const sendWithKey = (jkt) => dpop && jkt ? operations((...request) => dpop.send(unauthorized, { jkt }, ...request)).POST : send;
  const refreshes = /* @__PURE__ */ new Map();
  let nextAttemptMs = 0;
  let lastWrite = Promise.resolve();
  const isCurrent = (tokens, refused) => tokens.access_token !== refused?.access_token && clock.now() < tokens.expires_at - MARGIN_MS;
  const renewSoon = (tokens) => {
    if (clock.now() < Math.max(tokens.expires_at - AHEAD_MS, nextAttemptMs)) return;
    renew(tokens).catch((error) => {
      const seconds2 = error instanceof ApiError ? error.retryAfterSeconds : void 0;
      nextAttemptMs = clock.now() + (seconds2 || 1) * 1e3;
    });
  };
  const renew = (tokens) => {
    const key = tokens.refresh_token;
    const underWay = refreshes.get(key) ?? refresh(tokens).finally(() => refreshes.delete(key));
    refreshes.set(key, underWay);
    return underWay;
  };
  const refresh = async (used) => {
    const isUsed = (stored2) => stored2?.refresh_token === used.refresh_token;
    const stored = await storage.get();
    if (!isUsed(stored)) return stored;
    try {
      const next = tokensOf(await exchange(used));
      return await replace(isUsed, { ...used, ...next });
    } catch (error) {
      const kept = isRefused(error) ? await replace(isUsed, void 0) : await storage.get();
      if (kept === void 0 || isUsed(kept)) throw error;
      return kept;
    }
  };
  const tokensOf = ({ data, response }) => {
    const { access_token, refresh_token, expires_in, scope } = data ?? {};
    if (!access_token || !refresh_token || !expires_in || scope === void 0) {
      throw new ApiError(response, data);
    }
    return { access_token, refresh_token, expires_at: clock.now() + expires_in * 1e3, scope };
  };
  const replace = (isOld, next) => {
    const replacing = lastWrite.then(async () => {
      const stored = await place.get();
      if (!isOld(stored)) return stored;
      await storage.set(next);
      return next;
    });
    lastWrite = replacing.catch(() => void 0);
    return replacing;
  };
  const exchange = ({ refresh_token, jkt }) => {
    const attempt = () => sendWithKey(jkt)("/auth/refresh", {
      body: { refresh_token },
      signal: AbortSignal.timeout(REFRESH_TIMEOUT_MS)
    });
    return attempt().catch((error) => {
      if (error instanceof ApiError) throw error;
      return attempt();
    });
  };
  const signOutOf = ({ refresh_token }) => send("/auth/logout", { body: { refresh_token } });
  return {
    /** Bearer tokens from before the option `dpop` are never used again: their session ends, because a thief may have them. */
    async signIn(username, password) {
      const [jkt, before] = [await dpop?.createKey(), await place.get()];
      const answer = await sendWithKey(jkt)("/auth/login", { body: { username, password } });
      await replace(() => true, { ...tokensOf(answer), sign_in: randomKey(), ...jkt && { jkt } });
      if (jkt && before && !before.jkt) signOutOf(before).catch(() => void 0);
    },
    async signOut() {
      const tokens = await place.get();
      if (tokens === void 0) return;
      await signOutOf(tokens).catch((error) => {
        if (!isRefused(error)) throw error;
      });
      await replace((stored) => isSameSignIn(stored, tokens), void 0);
    },
    async currentTokens(refused) {
      const tokens = await storage.get();
      if (tokens === void 0 || !isSameSignIn(tokens, refused ?? tokens)) return void 0;
      if (tokens.jkt && !dpop) return void 0;
      if (isCurrent(tokens, refused)) {
        renewSoon(tokens);
        return tokens;
      }
      const renewed = await renew(tokens);
      return isSameSignIn(renewed, tokens) ? renewed : void 0;
    }
  };
}
function isSameSignIn(one, other) {
  return one?.sign_in === other.sign_in;
}
function isRefused(error) {
  return error instanceof ApiError && (error.code === "invalid_grant" || error.status === 422);
}

// packages/client/src/tokens.ts
function memoryStorage() {
  let tokens;
  return {
    get: () => tokens,
    set: (next) => {
      tokens = next;
    },
    keys: /* @__PURE__ */ new Map()
  };
}

// packages/client/src/with-access-token.ts
function withAccessToken(send, currentTokens, dpop) {
  const sendWith = async (tokens, ...[method, path, init]) => {
    if (tokens === void 0) return send(method, path, init);
    const { access_token: accessToken, jkt } = tokens;
    const authorization = `${jkt ? "DPoP" : "Bearer"} ${accessToken}`;
    const authorized = { ...init, headers: mergeHeaders({ authorization }, init?.headers) };
    return dpop && jkt ? dpop.send(send, { jkt, accessToken }, method, path, authorized) : send(method, path, authorized);
  };
  return async (method, path, init = {}) => {
    if (isPublic(path)) return send(method, path, init);
    const tokens = await orAborted(currentTokens(), init.signal);
    try {
      return await sendWith(tokens, method, path, init);
    } catch (error) {
      if (tokens === void 0 || !isRefusedToken(error) || !isRepeatable(init.body)) throw error;
      const renewed = await orAborted(currentTokens(tokens), init.signal);
      if (renewed === void 0) throw error;
      return sendWith(renewed, method, path, init);
    }
  };
}
function isPublic(path) {
  return /^\/(auth\/(login|refresh|register)$|oauth\/(?!userinfo$)|\.well-known\/)/.test(path);
}
function isRefusedToken(error) {
  return error instanceof ApiError && error.status === 401 && error.code === "invalid_token";
}

// packages/client/src/client.ts
function createClient2(options) {
  const { baseUrl, tokens = memoryStorage(), fetch: fetch2 = globalThis.fetch, clock = systemClock } = options;
  const send = createSend(baseUrl, (request) => fetch2(request), clock);
  const dpop = options.dpop ? lazyDpop(tokens, ApiError) : void 0;
  const { signIn: signIn2, signOut, currentTokens } = createSession(tokens, clock, send, dpop);
  const sendAuthorized = withDefaults(withAccessToken(send, currentTokens, dpop));
  const auth = operations(sendAuthorized);
  const customers = operations(sendAuthorized);
  return {
    signIn: signIn2,
    signOut,
    auth: {
      ...auth,
      listUsers: (query, init) => pages(async (page) => {
        const { data } = await auth.GET("/auth/users", {
          ...init,
          params: { query: { ...query, ...page } }
        });
        return data;
      })
    },
    customers: {
      ...customers,
      list: (query, init) => pages(async (page) => {
        const { data } = await customers.GET("/customers", {
          ...init,
          params: { query: { ...query, ...page } }
        });
        return data;
      })
    }
  };
}

// packages/replay-page/src/owner.ts
function createOwner(fetch2, onChange) {
  let tokens;
  const storage = {
    get: () => tokens,
    set: (next) => {
      tokens = next;
      onChange();
    }
  };
  const newClient = (dpop) => createClient2({ baseUrl: location.origin, tokens: storage, fetch: fetch2, dpop });
  let client = newClient(false);
  const check = async () => {
    await client.auth.GET("/auth/me");
  };
  return {
    tokens: () => tokens,
    signIn: (username, password, isBound) => {
      client = newClient(isBound);
      return client.signIn(username, password);
    },
    refresh: async () => {
      if (tokens !== void 0) tokens = { ...tokens, expires_at: 0 };
      await check();
    },
    call: async () => {
      await client.customers.GET("/customers", { params: { query: { n: 1 } } });
    },
    signOut: () => client.signOut(),
    leave: () => {
      if (tokens === void 0) return;
      const headers = { "content-type": "application/json" };
      const body = JSON.stringify({ refresh_token: tokens.refresh_token });
      globalThis.fetch("/auth/logout", { method: "POST", headers, body, keepalive: true }).catch(() => void 0);
    },
    check
  };
}

// packages/replay-page/src/thief.ts
init_build();
function createThief(fetch2) {
  let loot;
  let ownKey;
  const send = ({ method, path, access, body }, proof) => {
    const headers = new Headers();
    if (proof !== void 0) headers.set("dpop", proof);
    if (access !== void 0) headers.set("authorization", `${proof ? "DPoP" : "Bearer"} ${access}`);
    if (body !== void 0) headers.set("content-type", "application/json");
    return fetch2(new Request(path, { method, headers, ...body && { body: JSON.stringify(body) } }));
  };
  const sendWithOwnKey = async (attempt) => {
    ownKey ??= generateKeyPair("ES256");
    const key = await ownKey;
    const prove = (nonce2) => generateProof(key, location.origin + attempt.path, attempt.method, nonce2, attempt.access);
    const response = await send(attempt, await prove());
    const nonce = response.headers.get("dpop-nonce");
    return nonce === null ? response : send(attempt, await prove(nonce));
  };
  const sendInAllWays = async (attempt) => {
    const response = await send(attempt);
    return loot?.isBound ? sendWithOwnKey(attempt) : response;
  };
  const get = async (path) => {
    if (loot !== void 0) await sendInAllWays({ method: "GET", path, access: loot.access });
  };
  return {
    loot: () => loot,
    steal: ({ access_token: access, refresh_token: refresh, jkt }) => {
      loot = { access, refresh, isBound: jkt !== void 0 };
    },
    forget: () => {
      loot = void 0;
    },
    refresh: async () => {
      if (loot === void 0) return;
      const body = { refresh_token: loot.refresh };
      const response = await sendInAllWays({ method: "POST", path: "/auth/refresh", body });
      if (!response.ok) return;
      const { access_token: access, refresh_token: refresh } = await response.json();
      loot = { ...loot, access, refresh };
    },
    call: () => get("/customers"),
    check: () => get("/auth/me")
  };
}

// packages/replay-page/src/meanings.ts
var MEANINGS = {
  "signed-in": {
    text: "A session begins, with an access token for ten minutes and a refresh token that works once.",
    section: "refresh-token-rotation"
  },
  "sign-in-refused": { text: "No session begins.", section: "password-guessing" },
  rotated: {
    owner: {
      text: "The refresh token is used up, and has a successor. The old one is good for a repeat for ten seconds.",
      section: "refresh-token-rotation"
    },
    thief: {
      text: "The thief was first, and has the newest token. The next refresh of the owner, after more than ten seconds, exposes the theft.",
      section: "a-stolen-refresh-token"
    }
  },
  repeated: {
    owner: {
      text: "The token was used a moment ago. Within ten seconds it gets the same successor again, so the session does not fork.",
      section: "a-second-tab-or-a-lost-answer"
    },
    thief: {
      text: "Within ten seconds this looks like a second tab: the thief gets the same successor as the owner. The next of the two that refreshes late is exposed.",
      section: "the-replay-window"
    }
  },
  reuse: {
    text: "Reuse: this token was used up before, so two parties hold tokens of this session. It ends for both.",
    section: "reuse-of-a-refresh-token"
  },
  over: {
    text: "The session is over: none of its refresh tokens works.",
    section: "reuse-of-a-refresh-token"
  },
  "signed-out": {
    text: "The session ends, and the revocation feed announces that to every process.",
    section: "logout-and-the-revocation-feed"
  },
  served: {
    owner: { text: "A valid access token.", section: "access-tokens-live-ten-minutes" },
    thief: {
      text: "A copy works like the original: nothing in the request distinguishes the thief.",
      section: "a-stolen-access-token"
    }
  },
  refused: {
    owner: {
      text: "The access token is refused, so the program of the owner tries to refresh.",
      section: "logout-and-the-revocation-feed"
    },
    thief: { text: "The copy is refused.", section: "logout-and-the-revocation-feed" }
  },
  "proof-demanded": {
    text: "The token is bound to the key of the owner: without a proof of that key it is worth nothing.",
    section: DPOP
  },
  "wrong-key": {
    text: "The proof has the key of the thief, and the token is bound to the key of the owner. The session goes on.",
    section: DPOP
  },
  "nonce-demanded": {
    text: "A proof must contain the newest nonce of the service, so the request comes again at once.",
    section: DPOP
  },
  failed: { text: "No answer to learn from: try again." }
};
function meaningOf(verdict, { party }) {
  const meaning = MEANINGS[verdict];
  return "text" in meaning ? meaning : meaning[party];
}

// packages/replay-page/src/time-line.ts
var MAX_ENTRIES = 60;
var NAMES = { owner: "Owner", thief: "Thief" };
function createTimeLine({ nameOf }) {
  const list = byId("time-line");
  let end;
  const prepend = (entry) => {
    list.prepend(entry);
    list.children[MAX_ENTRIES]?.remove();
    byId("nothing-yet").hidden = true;
  };
  const chips = (verb, { access, refresh }) => {
    const names = [access && nameOf("access", access), refresh && nameOf("refresh", refresh)].filter(
      (name) => name
    );
    return names.length === 0 ? [] : [make("span", "", `${verb} `, ...names.map((name) => chip(name)))];
  };
  return {
    add(exchange, verdict) {
      const { party, method, path, status, code, detail, sent, got, scheme, hasProof, at } = exchange;
      const { text, section } = meaningOf(verdict, exchange);
      const answer = [status === 0 ? "no answer" : `${status}`, code ?? ""].join(" ").trim();
      const proof = hasProof ? [make("span", "", chip(`proof, key of the ${party}`))] : [];
      const request = `${method} ${path}`;
      const entry = make(
        "li",
        `${party} ${status >= 200 && status < 300 ? "granted" : "denied"}`,
        make(
          "p",
          "asked",
          make("span", "who", NAMES[party]),
          " ",
          make("code", "", request),
          " ",
          make("b", "answer", answer),
          make("span", "at", `${seconds(at)} s`)
        ),
        make("p", "carried", ...chips(scheme ? `${scheme}` : "sent", sent), ...proof, ...chips("got", got)),
        make("p", "meaning", `${text} `, ...section ? [why(section, text)] : [])
      );
      if (detail !== void 0) entry.append(make("p", "detail", `\u201C${detail}\u201D`));
      prepend(entry);
      byId(`${party}-last`).textContent = `${request}: ${answer}. ${text}`;
      announce(`${NAMES[party]}: ${request}: ${answer}. ${text}`);
    },
    addTheft({ access, refresh }) {
      const text = "The thief copies both tokens. That is no request, so no server can notice it.";
      const names = [chip(nameOf("access", access)), chip(nameOf("refresh", refresh))];
      prepend(
        make(
          "li",
          "thief theft",
          make("p", "asked", make("span", "who", "Thief"), " copies the tokens"),
          make("p", "carried", make("span", "", "got ", ...names)),
          make("p", "meaning", `${text} `, why("tokens-and-secrets-that-can-be-replayed", text))
        )
      );
      announce(text);
    },
    addEnd() {
      end = make("li", "end", make("p", "", make("b", "", "The session is over.")));
      prepend(end);
    },
    addNotice(party, afterMs) {
      const text = `The ${party} noticed it after ${seconds(afterMs)} s.`;
      end?.firstElementChild?.append(` ${text}`);
      announce(`The session is over. ${text}`);
    }
  };
}
function chip(name) {
  return make("span", "token", name);
}
function announce(text) {
  byId("announcement").append(make("p", "", text));
  const region = byId("announcement");
  if (region.childElementCount > 3) region.firstElementChild?.remove();
}

// packages/replay-page/src/watch.ts
var INTERVAL_MS = 800;
function watch(isDue, check) {
  let isRunning = false;
  const run = async () => {
    if (isRunning) return;
    isRunning = true;
    while (isDue() && !document.hidden) {
      await check().catch(() => void 0);
      await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
    }
    isRunning = false;
  };
  document.addEventListener("visibilitychange", run);
  return run;
}

// packages/replay-page/src/page.ts
var TICK_MS = 200;
var withKey = byId("dpop");
var ledger = createLedger();
var timeLine = createTimeLine(ledger);
var show = createColumns(ledger);
var owner = createOwner(recordingFetch("owner", hear), () => update());
var thief = createThief(recordingFetch("thief", hear));
var guide = createGuide(({ needsKey }) => {
  withKey.checked = needsKey && !withKey.disabled;
  update();
});
var watchOwner = watch(() => owner.tokens() !== void 0, owner.check);
var watchThief = watch(isThiefIn, thief.check);
var OUT = /* @__PURE__ */ new Set(["refused", "proof-demanded", "wrong-key"]);
var isThiefOut = false;
var unaware = /* @__PURE__ */ new Set();
var ticking;
function isThiefIn() {
  const loot = thief.loot();
  return loot !== void 0 && !loot.isBound && !isThiefOut;
}
function hear(exchange) {
  const { party, path, at } = exchange;
  const wasLive = ledger.session().isLive;
  const verdict = ledger.note(exchange);
  const { isLive, endedAt } = ledger.session();
  if (verdict === "signed-in") thief.forget();
  if (party === "thief" && OUT.has(verdict)) isThiefOut = true;
  const isQuiet = path === "/auth/me" && verdict === "served";
  if (!isQuiet) timeLine.add(exchange, verdict);
  if (wasLive && !isLive) {
    timeLine.addEnd();
    unaware = new Set(isThiefIn() ? ["owner", "thief"] : ["owner"]);
    if (party === "owner") unaware.delete("owner");
  } else if (endedAt !== void 0 && (verdict === "refused" || verdict === "over") && unaware.delete(party)) {
    timeLine.addNotice(party, at - endedAt);
  }
  update(isQuiet ? void 0 : `${party} ${verdict}`);
}
function update(heard) {
  const tokens = owner.tokens();
  const { isBound } = ledger.session();
  show({
    owner: tokens && { access: tokens.access_token, refresh: tokens.refresh_token },
    thief: thief.loot(),
    isBound,
    isThiefOut
  });
  const isWindowOpen = windowLeftMs(ledger.session()) > 0;
  const scene = {
    isSignedIn: tokens !== void 0,
    isBound,
    isStolen: thief.loot() !== void 0,
    isThiefOut,
    isWindowOpen
  };
  guide.update(scene, heard);
  watchOwner();
  watchThief();
  if (isWindowOpen) {
    ticking ??= setInterval(update, TICK_MS);
  } else {
    clearInterval(ticking);
    ticking = void 0;
  }
}
function steal2() {
  const tokens = owner.tokens();
  if (tokens === void 0) return announce("There is nothing to steal: the owner is not signed in.");
  thief.steal(tokens);
  isThiefOut = false;
  timeLine.addTheft({ access: tokens.access_token, refresh: tokens.refresh_token });
  update();
}
function onPress(id, act) {
  byId(id).addEventListener("click", () => {
    act().catch(() => void 0);
  });
}
async function offerKey() {
  const refuse = (...reason) => {
    withKey.disabled = true;
    withKey.checked = false;
    byId("dpop-hint").replaceChildren(...reason);
  };
  if (!isSecureContext)
    return refuse("Not available here: a browser has keys only with HTTPS and on localhost.");
  const { issuer } = await (await fetch("/.well-known/oauth-authorization-server")).json();
  if (issuer === location.origin) return;
  const link = make("a", "", `${issuer}/replay`);
  link.setAttribute("href", `${issuer}/replay`);
  refuse("Not available at this address, because proofs contain that of the issuer. Open ", link, ".");
}
function asThief(act) {
  return async () => {
    if (thief.loot() === void 0) return announce("The thief has no tokens yet.");
    await act();
    update();
  };
}
byId("sign-in").addEventListener("submit", (event) => {
  event.preventDefault();
  const username = byId("username").value;
  const password = byId("password").value;
  byId("password").value = "";
  owner.signIn(username, password, withKey.checked).catch(() => byId("password").focus());
});
addEventListener("pagehide", owner.leave);
offerKey().catch(() => void 0);
byId("steal").addEventListener("click", steal2);
onPress("owner-call", owner.call);
onPress("owner-refresh", owner.refresh);
onPress("sign-out", owner.signOut);
onPress("thief-call", asThief(thief.call));
onPress("thief-refresh", asThief(thief.refresh));
update();
