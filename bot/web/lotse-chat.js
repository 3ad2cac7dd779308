// <lotse-chat>: the conversation of one person with the assistant.
// Attributes: base (address of the chat channel), styles (address of the style sheet), lang,
// page (the element is the whole page: it also sets the page's language), timeout (seconds).

import { EMERGENCY, LANGUAGES, TEXTS, direction } from './lotse-chat-texts.js';
import { el, messageNode, phone } from './lotse-chat-view.js';

const STORE = 'lotse-chat';
const TIMEOUT_S = 20;
const POLL_MS = 5000; // while a person of the staff is in the conversation
const LANGUAGE_PAUSE_MS = 400; // arrow keys in a closed select fire one change each
const WARN_BEFORE_S = 120;
const AUTOCOMPLETE = { name: 'name', tel: 'tel', mail: 'email' };

/** A call that brought no answer: `status` is the HTTP status, 0 for network or time-out. */
class CallError extends Error {
  constructor(status) {
    super(`chat call failed: ${status}`);
    this.status = status;
  }
}

class LotseChat extends HTMLElement {
  connectedCallback() {
    if (this.shadowRoot) return;
    const kept = this.recall();
    this.token = kept.token || null;
    this.ui = this.firstLanguage(kept.lang);
    this.bound = [];
    this.queue = [];
    this.busy = false;
    this.build();
    this.translate();
    this.forget();
    window.addEventListener('online', () => this.problemKey === 'offline' && this.retry());
    if (this.token) this.resume(); else this.start();
  }

  // ---- memory of this tab ----

  recall() {
    try {
      return JSON.parse(sessionStorage.getItem(STORE)) || {};
    } catch (_) {
      return {}; // storage is switched off, or holds something that is not ours
    }
  }

  remember() {
    try {
      sessionStorage.setItem(STORE, JSON.stringify({ token: this.token, lang: this.ui }));
    } catch (_) {
      this.unstored = true; // the conversation works, it only will not survive a reload
    }
  }

  firstLanguage(kept) {
    const asked = new URLSearchParams(window.location.search).get('lang');
    const wishes = [kept, asked, this.getAttribute('lang')].concat(navigator.languages || []);
    const found = wishes.map((tag) => String(tag || '').slice(0, 2).toLowerCase())
      .find((tag) => TEXTS[tag]);
    return found || 'de';
  }

  // ---- the frame ----

  /** Tie a text of the catalogue to a node, so that a change of language reaches it. */
  say(node, key, attribute) {
    this.bound.push([node, key, attribute]);
    return node;
  }

  button(key, kind, action) {
    const node = this.say(el('button', { type: 'button', class: kind }), key);
    node.addEventListener('click', action);
    return node;
  }

  build() {
    const root = this.attachShadow({ mode: 'open' });
    const styles = el('link', {
      rel: 'stylesheet', href: this.getAttribute('styles') || '/chat/assets/lotse-chat.css',
    });
    this.app = el('div', { class: 'app', hidden: true },
      this.button('skip', 'skip', () => this.input.focus()),
      this.buildHeader(), this.buildEmergency(), this.buildThread(), this.buildFooter());
    this.dialog = this.buildDialog();
    // Shown when the styles are there: an unstyled frame would flash on slow lines.
    const ready = () => { this.app.hidden = false; };
    styles.addEventListener('load', ready);
    styles.addEventListener('error', ready);
    root.append(styles, this.app, this.dialog);
  }

  buildHeader() {
    this.select = el('select', { id: 'language', autocomplete: 'language' },
      ...LANGUAGES.map(([code, name]) => el('option', { value: code, lang: code }, name)));
    this.select.addEventListener('change', () => this.changeLanguage(this.select.value));
    return el('header', { class: 'head' }, el('div', { class: 'wide' },
      el('span', { class: 'mark', 'aria-hidden': 'true' }),
      el('div', { class: 'brand' },
        el(this.hasAttribute('page') ? 'h1' : 'h2', { translate: 'no' }, 'Lotse'),
        this.say(el('p', { class: 'tagline' }), 'tagline')),
      this.say(el('label', { for: 'language', class: 'vh' }), 'language'), this.select));
  }

  buildEmergency() {
    const list = el('ul', { id: 'numbers', class: 'lines', hidden: true });
    this.names = EMERGENCY.map((number) => {
      const [name, note] = [el('strong'), el('span', { class: 'line' })];
      list.append(el('li', null, phone(number), el('div', null, name, note)));
      return [name, note];
    });
    const always = this.say(el('p', { class: 'soft' }), 'always');
    list.prepend(el('li', null, always));
    const more = this.say(this.button('more', 'more', () => {
      list.hidden = !list.hidden;
      more.setAttribute('aria-expanded', String(!list.hidden));
    }), 'moreNumbers', 'aria-label');
    more.setAttribute('aria-expanded', 'false');
    more.setAttribute('aria-controls', 'numbers');
    this.quick = EMERGENCY.slice(0, 2).map((number) => {
      const name = el('span', { class: 'vh' });
      return [phone(number, name), name];
    });
    return this.say(el('section', { class: 'sos' }, el('div', { class: 'wide' },
      el('p', { class: 'first' }, this.say(el('strong'), 'emergency'),
        ...this.quick.map(([link]) => link), more), list)), 'moreNumbers', 'aria-label');
  }

  buildThread() {
    this.past = this.say(el('div', { class: 'list', role: 'group' }), 'past', 'aria-label');
    this.log = this.say(el('div', {
      class: 'list', role: 'log', 'aria-live': 'polite', 'aria-relevant': 'additions',
    }), 'log', 'aria-label');
    this.thread = this.say(el('div', { class: 'thread', tabindex: '0', role: 'region' },
      el('div', { class: 'wide' }, this.say(el('h2', { class: 'vh' }), 'log'), this.past, this.log)),
    'log', 'aria-label');
    return this.thread;
  }

  buildFooter() {
    this.input = this.say(el('textarea', {
      id: 'input', rows: 1, autocomplete: 'off', enterkeyhint: 'send', 'aria-describedby': 'hint',
    }), 'placeholder', 'placeholder');
    this.hint = el('p', { id: 'hint', class: 'hint' });
    this.form = el('form', { class: 'composer', novalidate: true },
      this.say(el('label', { for: 'input', class: 'vh' }), 'input'), this.input,
      this.say(el('button', { type: 'submit', class: 'primary' }), 'send'), this.hint);
    this.form.addEventListener('submit', (event) => { event.preventDefault(); this.submit(); });
    this.input.addEventListener('input', () => { this.refuse(null); this.fitInput(); });
    this.input.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.submit();
      }
    });
    this.status = el('p', { role: 'status', class: 'status' });
    this.alert = el('p', { role: 'alert' });
    this.alertButton = this.button('retry', 'secondary', () => this.retry());
    this.endText = el('p', { role: 'alert' });
    this.endButton = this.button('again', 'primary', () => this.start(true));
    this.end = el('div', { class: 'end' }, this.endText, this.endButton);
    this.endButton.hidden = true;
    this.tools = el('p', { class: 'tools' },
      this.button('restart', 'plain', () => this.ask('restart')),
      this.button('erase', 'plain', () => this.ask('erase')));
    return el('footer', { class: 'foot-bar' }, el('div', { class: 'wide' }, this.status,
      el('div', { class: 'problem' }, this.alert, this.alertButton), this.form, this.end, this.tools));
  }

  buildDialog() {
    this.askTitle = el('h2', { id: 'ask-title' });
    this.askText = el('p', { id: 'ask-text' });
    this.askYes = el('button', { type: 'button', class: 'primary' });
    this.askYes.addEventListener('click', () => {
      this.dialog.close();
      this.wipe(this.asked);
    });
    return el('dialog', { 'aria-labelledby': 'ask-title', 'aria-describedby': 'ask-text' },
      this.askTitle, this.askText, el('p', { class: 'choices' },
        this.button('cancel', 'secondary', () => this.dialog.close()), this.askYes));
  }

  // ---- words ----

  translate() {
    const words = TEXTS[this.ui];
    for (const node of [this.app, this.dialog]) {
      node.lang = this.ui;
      node.dir = direction(this.ui);
    }
    for (const [node, key, attribute] of this.bound) {
      if (attribute) node.setAttribute(attribute, words[key]); else node.textContent = words[key];
    }
    this.names.forEach(([name, note], i) => {
      name.textContent = words.emergencyNames[i];
      note.textContent = words.emergencyNotes[i];
    });
    this.quick.forEach(([, name], i) => { name.textContent = `, ${words.emergencyNames[i]}`; });
    this.select.value = this.ui;
    if (this.hasAttribute('page')) {
      document.documentElement.lang = this.ui;
      document.documentElement.dir = direction(this.ui);
      document.title = `Lotse ${words.tagline}`;
    }
    if (this.problemKey) this.problem(this.problemKey, this.retryWith);
    if (this.refusal) this.refuse(this.refusal);
    if (this.ended && !this.endWords) this.endText.textContent = words[this.ended];
    this.fitInput();
    this.setState(this.dataset.state);
  }

  changeLanguage(lang) {
    this.ui = lang;
    this.translate();
    this.remember();
    clearTimeout(this.languageTimer);
    if (!this.token) return;
    this.languageTimer = setTimeout(() => {
      this.send({ payload: `/change_language{"language_choice":"${this.ui}"}` });
    }, LANGUAGE_PAUSE_MS);
  }

  // ---- states ----

  setState(state) {
    const key = { connecting: 'connecting', 'bot-typing': 'typing', 'human-waiting': 'waiting',
      human: 'human' }[state];
    this.dataset.state = state || '';
    const text = key ? TEXTS[this.ui][key] : '';
    if (this.status.textContent !== text) this.status.textContent = text;
    this.status.classList.toggle('dots', state === 'bot-typing' || state === 'connecting');
  }

  setMode(mode) {
    this.mode = mode;
    clearInterval(this.pollTimer);
    if (mode === 'bot') {
      if (this.stream) this.stream.abort();
    } else {
      this.pollTimer = setInterval(() => this.poll(), POLL_MS);
      this.listen();
    }
    if (!this.busy) this.setState(mode);
  }

  /** Hear at once what the staff write; where a stream does not work, polling goes on. */
  async listen() {
    if (this.stream || !this.token || !window.ReadableStream) return;
    this.stream = new AbortController();
    try {
      const answer = await fetch(`${this.base()}/events?after=${this.last}`, {
        headers: { Authorization: `Bearer ${this.token}` }, signal: this.stream.signal,
        cache: 'no-store',
      });
      if (!answer.ok) return;
      const reader = answer.body.getReader();
      const decoder = new TextDecoder();
      let rest = '';
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        const parts = (rest + decoder.decode(value, { stream: true })).split('\n\n');
        rest = parts.pop();
        for (const part of parts) {
          if (part.startsWith('data: ')) this.hear(JSON.parse(part.slice(6)));
        }
      }
    } catch (_) {
      // cut off: the next poll brings what was missed
    } finally {
      this.stream = null;
    }
  }

  hear(message) {
    if (!this.token) return;
    const below = this.atEnd(this.thread.clientHeight / 2);
    const first = this.take({ messages: [message] });
    if (below) this.reveal(first);
  }

  base() {
    return this.getAttribute('base') || '/webhooks/chat';
  }

  /** Show a failure; `again` is what the button does, without it there is no button. */
  problem(key, again, label) {
    this.problemKey = key;
    this.retryWith = again;
    const text = key ? TEXTS[this.ui][key] : '';
    if (this.alert.textContent !== text) this.alert.textContent = text;
    this.alertButton.textContent = TEXTS[this.ui][label || (key === 'ending' ? 'stay' : 'retry')];
    this.alertButton.hidden = !again;
  }

  retry() {
    const again = this.retryWith;
    // The button is about to vanish: a keyboard must not fall back to the top of the page.
    if (this.shadowRoot.activeElement === this.alertButton) this.input.focus();
    this.problem(null);
    if (again) again();
  }

  refuse(key) {
    this.refusal = key;
    this.hint.textContent = key ? TEXTS[this.ui][key] : '';
    if (key) this.input.setAttribute('aria-invalid', 'true');
    else this.input.removeAttribute('aria-invalid');
  }

  /** The conversation is over: `expired` or `deleted`. A text of the server goes before ours. */
  finish(state, text) {
    const focused = this.shadowRoot.activeElement;
    const lost = focused && (this.form.contains(focused) || this.tools.contains(focused)
      || this.thread.contains(focused) || this.alertButton === focused);
    this.token = null;
    this.remember();
    const unsent = this.queue.map((job) => job.body.text).find(Boolean);
    this.busy = false;
    this.ended = state;
    this.endWords = text;
    if (state === 'deleted') this.forget();
    else if (unsent && !this.input.value) this.input.value = unsent;
    this.queue = [];
    this.setMode('bot');
    this.setState(state);
    clearTimeout(this.warnTimer);
    this.problem(null);
    this.refuse(null);
    this.form.hidden = true;
    this.tools.hidden = true;
    this.endButton.hidden = false;
    this.endText.textContent = text || TEXTS[this.ui][state];
    if (lost) this.endButton.focus();
  }

  forget() {
    this.past.textContent = '';
    this.log.textContent = '';
    this.past.hidden = true;
    this.seen = new Set();
    this.last = 0;
    this.mode = 'bot';
  }

  // ---- talking to the server ----

  async call(method, path, body) {
    const abort = new AbortController();
    const seconds = Number(this.getAttribute('timeout')) || TIMEOUT_S;
    const timer = setTimeout(() => abort.abort(), seconds * 1000);
    const headers = { Accept: 'application/json' };
    if (body) headers['Content-Type'] = 'application/json';
    if (this.token) headers.Authorization = `Bearer ${this.token}`;
    let answer;
    try {
      answer = await fetch(this.base() + path, {
        method, headers, body: body && JSON.stringify(body), signal: abort.signal, cache: 'no-store',
      });
      if (answer.ok) return answer.status === 204 ? {} : await answer.json();
    } catch (_) {
      throw new CallError(0); // no network, too slow, or an answer that is not ours
    } finally {
      clearTimeout(timer);
    }
    throw new CallError(answer.status);
  }

  /** Begin a new conversation; `focus`: the person asked for it with a button that now goes. */
  async start(focus) {
    this.ended = null;
    this.endText.textContent = '';
    this.endButton.hidden = true;
    this.form.hidden = false;
    this.tools.hidden = false;
    this.forget();
    this.problem(null);
    this.setState('connecting');
    if (focus) this.input.focus();
    let data;
    try {
      data = await this.call('POST', '/session', { lang: this.ui });
    } catch (error) {
      this.setState('offline-retry');
      this.problem(error.status === 429 ? 'e429' : 'offline', () => this.start());
      return;
    }
    this.token = data.token;
    this.remember();
    this.setState('bot');
    this.take(data);
    this.fitInput();
  }

  async resume() {
    this.setState('connecting');
    let data;
    try {
      data = await this.call('GET', '/history?after=0');
    } catch (error) {
      if (error.status === 401 || error.status === 404) {
        this.finish('expired');
      } else {
        this.setState('offline-retry');
        this.problem('offline', () => this.resume());
      }
      return;
    }
    this.setState('bot');
    this.take(data, true);
    const own = this.past.querySelectorAll('.user');
    this.reveal(own.length ? own[own.length - 1] : this.past.lastChild);
    this.pump();
  }

  async poll() {
    if (this.busy || !this.token || document.hidden) return;
    try {
      const below = this.atEnd();
      const data = await this.call('GET', `/history?after=${this.last}`);
      if (this.busy || !this.token) return;
      const first = this.take(data);
      if (below) this.reveal(first);
      if (this.mode !== 'bot') this.listen();
    } catch (error) {
      if (error.status === 401) this.finish('expired'); // anything else: the next round tries again
    }
  }

  /** Has the server already worked on a message whose answer got lost? Then take that answer. */
  async arrived() {
    const data = await this.call('GET', `/history?after=${this.last}`);
    const fresh = (data.messages || []).filter((message) => !this.seen.has(message.id));
    return fresh.some((message) => message.from !== 'staff') && data;
  }

  send(body, title) {
    const waiting = this.queue.some((job) => body.payload && job.body.payload === body.payload);
    if (!this.token || waiting) return false;
    const job = { body: Object.assign({ lang: this.ui }, body) };
    const shown = title || body.text;
    if (shown) {
      job.node = messageNode({ from: 'user', text: shown }, this.ui);
      this.log.append(job.node);
      this.reveal(job.node);
    }
    this.queue.push(job);
    this.pump();
    return true;
  }

  async pump() {
    if (this.busy || !this.token || !this.queue.length) return;
    this.problem(null);
    this.busy = true;
    const { token } = this;
    while (this.queue.length) {
      const job = this.queue[0];
      this.setState(this.mode === 'bot' ? 'bot-typing' : this.mode);
      let data;
      try {
        data = (job.tried && await this.arrived())
          || await this.call('POST', '/message', job.body);
      } catch (error) {
        if (token !== this.token) return;
        this.busy = false;
        this.failed(error.status, job);
        return;
      }
      if (token !== this.token) return; // erased while we waited: this answer belongs nowhere
      this.queue.shift();
      const first = this.take(data);
      this.reveal(job.node || first);
    }
    if (token !== this.token) return;
    this.busy = false;
    this.setState(this.mode);
  }

  failed(status, job) {
    if (status === 401) {
      this.finish('expired');
    } else if (status >= 400 && status < 500) {
      // The same message would be refused again: give it back to be changed.
      this.queue.shift();
      this.setState(this.mode);
      this.problem(TEXTS.de[`e${status}`] ? `e${status}` : 'e400');
      if (job.node) {
        job.node.classList.add('unsent');
        job.node.append(el('p', { class: 'soft' }, TEXTS[this.ui].unsent));
      }
      if (job.body.text && !this.input.value) this.input.value = job.body.text;
      this.fitInput();
      if (this.queue.length) setTimeout(() => this.pump(), 1000);
    } else {
      job.tried = true;
      this.setState('offline-retry');
      this.problem('offline', () => this.pump());
    }
  }

  // ---- what came ----

  /** Show the messages of an answer; gives back the first new node. */
  take(data, replay) {
    // A replay goes to a list that is not live: screen readers stay silent.
    const list = replay ? this.past : this.log;
    const before = list.childNodes.length;
    for (const message of data.messages || []) {
      if (!this.fresh(message)) continue;
      if (message.type === 'state' && !this.follow(message)) return null;
      const own = message.from === 'user';
      // Our own words are on screen already; a payload is nothing to read.
      if (own && (!replay || /^\//.test(message.text || ''))) continue;
      if (!message.text && !(message.items || []).length && !(message.buttons || []).length) continue;
      list.append(messageNode(message, this.ui,
        (button) => this.send({ payload: button.payload, lang: button.lang || this.ui }, button.title)));
      if (!own) this.expect(message);
    }
    this.past.hidden = !this.past.childNodes.length;
    if (data.session) this.watch(data.session);
    return list.childNodes[before];
  }

  fresh(message) {
    if (message.id === undefined || message.id === null) return true;
    if (this.seen.has(message.id)) return false;
    this.seen.add(message.id);
    this.last = Math.max(this.last, Number(message.id) || 0);
    return true;
  }

  /** Follow a change of state; false if the conversation is over. */
  follow(message) {
    const state = String(message.state || '').replace('_', '-');
    if (state === 'deleted' || state === 'expired') {
      this.finish(state, message.text);
      return false;
    }
    if (['bot', 'human', 'human-waiting'].includes(state)) this.setMode(state);
    return true;
  }

  /** A form step asks for one thing: let the browser offer what it knows. */
  expect(message) {
    const field = message.type === 'form' && (message.items || []).map((item) => item.field).find(Boolean);
    this.input.setAttribute('autocomplete', AUTOCOMPLETE[field] || 'off');
    this.input.setAttribute('inputmode', { tel: 'tel', mail: 'email' }[field] || 'text');
  }

  /** Warn before the session ends (`session.expires_in`, seconds). */
  watch(session) {
    clearTimeout(this.warnTimer);
    if (!(session.expires_in > 0)) return;
    const wait = Math.min(Math.max(session.expires_in - WARN_BEFORE_S, 1) * 1000, 2 ** 31 - 1);
    this.warnTimer = setTimeout(() => this.problem('ending', () => this.poll()), wait);
  }

  atEnd(slack = 80) {
    return this.thread.scrollHeight - this.thread.scrollTop - this.thread.clientHeight < slack;
  }

  /** Bring a message to the top of what is visible: its answer starts right below it. */
  reveal(node) {
    if (node) node.scrollIntoView({ block: 'start' });
  }

  // ---- what the person does ----

  submit() {
    const text = this.input.value.trim();
    if (!text) {
      this.refuse('empty');
      this.input.focus();
      return;
    }
    if (!this.send({ text })) return;
    this.input.value = '';
    this.refuse(null);
    this.fitInput();
  }

  fitInput() {
    // An empty field with dir=auto would turn left-to-right in Arabic.
    this.input.dir = this.input.value ? 'auto' : direction(this.ui);
    this.input.rows = 1;
    while (this.input.rows < 5 && this.input.scrollHeight > this.input.clientHeight + 2) {
      this.input.rows += 1;
    }
  }

  ask(what) {
    const words = TEXTS[this.ui];
    this.asked = what;
    if (!this.dialog.showModal) { // Safari before 15.4
      if (window.confirm(`${words[`${what}Title`]}\n${words[`${what}Text`]}`)) this.wipe(what);
      return;
    }
    this.askTitle.textContent = words[`${what}Title`];
    this.askText.textContent = words[`${what}Text`];
    this.askYes.textContent = words[`${what}Yes`];
    this.dialog.showModal();
  }

  /** Erase the conversation at the server, then end or begin again. */
  async wipe(what) {
    this.queue = [];
    this.problem(null);
    try {
      if (this.token) await this.call('DELETE', '/session');
    } catch (error) {
      if (error.status !== 401 && error.status !== 404) {
        this.problem('offline', () => this.wipe(what)); // never claim a deletion that did not happen
        return;
      }
    }
    this.input.value = '';
    this.queue = [];
    this.busy = false;
    if (what === 'erase') {
      this.finish('deleted');
    } else {
      this.token = null;
      clearInterval(this.pollTimer);
      clearTimeout(this.warnTimer);
      this.start(true);
    }
  }
}

customElements.define('lotse-chat', LotseChat);
