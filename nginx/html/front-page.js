// What the page cannot do without a script: copy, and tell live whether the services are up.
const STATUS_INTERVAL_MS = 5_000;
const COPIED_MS = 2_000;
const status = document.getElementById('status');
const announcement = document.getElementById('copied');

for (const code of document.querySelectorAll('pre code')) {
  // the lines are for where this page came from
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
      announcement.textContent = ''; // or the same words would not be announced again
    }, COPIED_MS);
  });
  code.parentElement.before(button);
}

/** Whether it was copied: browsers allow it on https and localhost alone. Elsewhere it is selected. */
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
  if (!document.hidden) {
    const services = await askStatus();
    const states = ['auth', 'customers'].map((name) => [name, services[name] ?? 'unreachable']);
    const text = states.map(([name, state]) => `${name} is ${state}`).join(', ');
    // a screen reader is told of changes alone
    if (status.dataset.text !== text) status.replaceChildren(...states.map(stateElement));
    status.dataset.text = text;
  }
  setTimeout(showStatus, STATUS_INTERVAL_MS);
}

async function askStatus() {
  try {
    const response = await fetch('/status', { signal: AbortSignal.timeout(STATUS_INTERVAL_MS) });
    return response.ok ? await response.json() : {};
  } catch {
    return {}; // not even the gateway answers
  }
}

function stateElement([name, state]) {
  const element = document.createElement('span');
  element.className = state;
  element.textContent = `${name} is ${state}`;
  return element;
}
