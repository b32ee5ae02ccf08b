// Adds the parts of the page that need a script: copy buttons and the live status of the services.
const STATUS_INTERVAL_MS = 5_000;
const SLOW_INTERVAL_MS = 2_000; // a slow service is often up a moment later
const WORDS = { slow: 'slow to answer' };
const COPIED_MS = 2_000;
const status = document.getElementById('status');
const announcement = document.getElementById('copied');

for (const code of document.querySelectorAll('pre code')) {
  // the commands call the host that served this page
  code.textContent = code.textContent.replaceAll('http://localhost:8080', location.origin);
  addCopyButton(code);
}
showStatus();

function addCopyButton(code) {
  const heading = code.closest('li').querySelector('h3');
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = 'Copy';
  button.id = `copy-${heading.id}`;
  button.setAttribute('aria-labelledby', `${button.id} ${heading.id}`);
  button.addEventListener('click', async () => {
    const said = (await copy(code)) ? 'Copied' : 'Selected';
    button.textContent = said;
    announcement.textContent = `${said}: ${heading.textContent}`;
    setTimeout(() => {
      button.textContent = 'Copy';
      announcement.textContent = ''; // else a screen reader would not announce the same text twice
    }, COPIED_MS);
  });
  code.parentElement.before(button);
}

/** True if the text was copied. Browsers allow this only on https and localhost; elsewhere the text is selected. */
async function copy(code) {
  try {
    await navigator.clipboard.writeText(code.textContent);
    return true;
  } catch {
    getSelection().selectAllChildren(code);
    return false;
  }
}

async function showStatus() {
  let isSlow = false;
  if (!document.hidden) {
    const services = await askStatus();
    const states = ['auth', 'customers'].map((name) => [name, services[name] ?? 'unreachable']);
    isSlow = states.some(([, state]) => state === 'slow');
    const text = states.map(sentence).join(', ');
    // replaced only on a change, so a screen reader announces only changes
    if (status.dataset.text !== text) status.replaceChildren(...states.map(stateElement));
    status.dataset.text = text;
  }
  setTimeout(showStatus, isSlow ? SLOW_INTERVAL_MS : STATUS_INTERVAL_MS);
}

function sentence([name, state]) {
  return `${name} is ${WORDS[state] ?? state}`;
}

async function askStatus() {
  try {
    const response = await fetch('/status', { signal: AbortSignal.timeout(STATUS_INTERVAL_MS) });
    return response.ok ? await response.json() : {};
  } catch {
    return {}; // the gateway does not answer
  }
}

function stateElement([name, state]) {
  const element = document.createElement('span');
  element.className = state;
  element.textContent = sentence([name, state]);
  return element;
}
