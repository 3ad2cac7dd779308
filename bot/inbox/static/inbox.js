// The pages work without this script (reload buttons); with it they bring themselves up to date.
'use strict';

const PAUSE = 3000; // ms before the next try when the server does not answer
const overview = document.getElementById('overview');
const messages = document.getElementById('messages');
const status = document.getElementById('status');
let leaving = false; // whether a form is on its way, whose answer is the next page
let active = false; // whether somebody has done something since the last request

for (const kind of ['keydown', 'pointerdown']) {
  document.addEventListener(kind, () => { active = true; }, { passive: true });
}

document.addEventListener('submit', (event) => { leaving = event.target.id !== 'reply'; });

const pause = (time) => new Promise((done) => { setTimeout(done, time); });

function tell(text) {
  if (status && status.textContent !== text) status.textContent = text;
}

/** Show a sentence and a link at the edge of the page, where it hides no draft. */
function notice(text, link, address) {
  const box = document.getElementById('notice');
  const to = document.createElement('a');
  to.href = address;
  to.textContent = link;
  box.replaceChildren(`${text} `, to);
}

/** Ask the server; null when it did not answer, `false` when the session is over. */
async function ask(address, options = {}) {
  const headers = { 'X-Requested-With': 'inbox', 'X-Active': active ? '1' : '0' };
  active = false;
  try {
    const answer = await fetch(address, { ...options, headers, redirect: 'manual', cache: 'no-store' });
    if (answer.status === 401 || answer.type === 'opaqueredirect') return false;
    return answer.status >= 500 ? null : answer;
  } catch {
    return null;
  }
}

/** Ask again and again; `each` handles an answer and returns whether to go on. */
async function follow(address, each) {
  for (;;) {
    const answer = await ask(address());
    if (leaving) return;
    if (answer === false) {
      notice('Sie sind nicht mehr angemeldet.', 'Neu anmelden', '/login');
      return;
    }
    if (answer === null) {
      tell('Keine Verbindung. Es wird weiter versucht.');
      await pause(PAUSE);
    } else if (answer.status === 403 || answer.status === 404) {
      notice('Das ist für Sie nicht mehr da.', 'Zur Übersicht', '/');
      return;
    } else {
      tell('');
      if (!await each(answer)) return;
    }
  }
}

/** The server's markup as nodes; it is escaped there, and our policy runs nothing inline. */
const nodes = (html) => new DOMParser().parseFromString(html, 'text/html').body.childNodes;

async function showOverview(answer) {
  if (!answer.ok) {
    await pause(PAUSE);
    return true;
  }
  const before = Number(overview.dataset.waiting);
  const waiting = answer.headers.get('X-Waiting');
  overview.dataset.seen = answer.headers.get('X-Seen');
  overview.dataset.waiting = waiting;
  const focused = overview.contains(document.activeElement) ? document.activeElement.id : '';
  overview.replaceChildren(...nodes(await answer.text()));
  if (focused) document.getElementById(focused)?.focus();
  document.title = document.title.replace(/^(\(\d+\) )?/, waiting === '0' ? '' : `(${waiting}) `);
  if (Number(waiting) > before) tell(`Neu: Es warten ${waiting} Gespräche.`);
  return true;
}

/** Whether the newest message is in view; somebody who reads further up is not moved. */
const atEnd = () => messages.scrollHeight - messages.scrollTop - messages.clientHeight < 80;
const toEnd = () => { messages.scrollTop = messages.scrollHeight; };

async function showMessages(answer) {
  if (answer.status !== 200) {
    if (answer.status !== 204) await pause(PAUSE);
    return true;
  }
  const { dataset } = messages;
  const end = atEnd();
  messages.append(...nodes(await answer.text()));
  if (messages.children.length) document.getElementById('empty').hidden = true;
  dataset.last = answer.headers.get('X-Last');
  dataset.pending = answer.headers.get('X-Pending');
  const pending = document.getElementById('pending');
  pending.hidden = dataset.pending === '0';
  pending.querySelector('span').textContent = dataset.pending;
  if (end) toEnd();
  translateAll();
  if (dataset.mark === answer.headers.get('X-Mark')) return true;
  // Somebody took, gave back or ended it. A draft must not get lost by a reload.
  const draft = document.getElementById('text');
  if (leaving) return false;
  if (!draft || !draft.value.trim()) {
    window.location.replace(window.location.pathname);
  } else {
    notice('Der Stand dieses Gesprächs hat sich geändert.', 'Neu laden', window.location.pathname);
  }
  return false;
}

/** Put the machine translation under each message that offers one. */
async function translateAll() {
  for (const box of document.querySelectorAll('[data-translation]')) {
    const address = box.dataset.translation;
    delete box.dataset.translation;
    const label = document.createElement('p');
    label.className = 'label';
    label.textContent = 'Maschinelle Übersetzung';
    const text = document.createElement('p');
    text.textContent = '…';
    const answer = await ask(address);
    const found = answer && answer.ok ? (await answer.json()).text : null;
    text.textContent = found || 'Die Übersetzung ist gerade nicht erreichbar.';
    const end = atEnd();
    box.replaceChildren(label, text);
    if (end) toEnd();
  }
}

function replyForm(form) {
  const text = document.getElementById('text');
  const left = document.getElementById('left');
  const button = form.querySelector('button');
  text.addEventListener('input', () => {
    const rest = text.maxLength - text.value.length;
    left.textContent = rest < 200 ? `, noch ${rest}` : '';
  });
  text.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    const answer = await ask(form.action, { method: 'POST', body: new URLSearchParams(new FormData(form)) });
    button.disabled = false;
    if (answer && answer.status === 204) {
      text.value = '';
      left.textContent = '';
      text.focus();
    } else if (answer === null) {
      notice('Die Antwort wurde nicht gesendet: keine Verbindung.', 'Seite neu laden', window.location.pathname);
    } else if (answer === false) {
      notice('Die Antwort wurde nicht gesendet: Sie sind nicht mehr angemeldet.', 'Neu anmelden', '/login');
    } else {
      notice('Die Antwort wurde nicht gesendet: Der Stand hat sich geändert.', 'Neu laden', window.location.pathname);
    }
  });
}

if (overview) follow(() => `/events?seen=${overview.dataset.seen}`, showOverview);
if (messages) {
  toEnd();
  translateAll();
  const { dataset } = messages;
  if (!('ended' in dataset)) {
    follow(() => `${dataset.events}?after=${dataset.last}&mark=${dataset.mark}&pending=${dataset.pending}`, showMessages);
  }
}
const form = document.getElementById('reply');
if (form) replyForm(form);
