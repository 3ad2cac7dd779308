// From a message of the server to DOM nodes. Everything that came over the network becomes a text
// node: nothing is ever parsed as HTML, and a link exists only if its scheme is on the list.

import { TEXTS, direction } from './lotse-chat-texts.js';

const SCHEMES = ['http:', 'https:', 'tel:', 'mailto:'];
// Phone numbers and dates inside a sentence. Age ranges and times must not match: in Arabic a range
// reads from the right, a phone number never does.
const NUMBER = /((?:\+|\b0)\d[\d ()/-]{3,}\d|\b11\d \d{3}\b|\b\d{4}-\d\d(?:-\d\d)?\b)/;

/** Make an element. `props` become attributes (false, null and undefined are left out). */
export function el(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props || {})) {
    if (value !== false && value !== null && value !== undefined) {
      node.setAttribute(name, value === true ? '' : value);
    }
  }
  node.append(...children.filter(Boolean));
  return node;
}

/** The address if its scheme is allowed, else null. */
export function safeUrl(address) {
  try {
    const url = new URL(address);
    return SCHEMES.includes(url.protocol) ? url.href : null;
  } catch (_) {
    return null;
  }
}

/** A phone number as a link that also works from a foreign SIM card; plain text if it is no number. */
export function phone(number, ...extra) {
  const shown = el('bdi', { dir: 'ltr' }, number);
  if (!/^[+\d\s()/.-]+$/.test(number)) return el('span', null, shown, ...extra);
  const digits = number.replace('(0)', '').replace(/[^+\d]/g, '').replace(/^00/, '+');
  return el('a', { href: `tel:${digits.replace(/^0/, '+49')}`, class: 'tel' }, shown, ...extra);
}

const hidden = (text) => el('span', { class: 'vh' }, text);

function mail(address) {
  const shown = el('bdi', { dir: 'ltr' }, address);
  if (!/^[^\s@?&]+@[^\s@?&]+$/.test(address)) return shown;
  return el('a', { href: `mailto:${address}` }, shown);
}

function webLink(address, label, words) {
  const href = safeUrl(address);
  if (!href || !/^http/.test(href)) return null;
  return el('a', { href, target: '_blank', rel: 'noopener noreferrer', class: 'out' },
    label, hidden(` (${words.newTab})`));
}

// A phone number inside stays readable in a right-to-left sentence.
const inline = (text) => plain(text).split(NUMBER)
  .map((part, i) => (i % 2 ? el('bdi', { dir: 'ltr' }, part) : part));

function paragraphs(text, props) {
  return String(text).split(/\n+/).filter((line) => line.trim())
    .map((line) => el('p', props, ...inline(line)));
}

const plain = (value) => (Array.isArray(value) ? value.join(', ') : String(value));

// `isolate`: names and addresses stay German in an Arabic card, so they must not mix directions.
function rows(item, names, words, isolate) {
  return names.filter((name) => item[name]).map((name) => {
    const value = item[name] === true ? words.yes : plain(item[name]);
    const lines = value.split('\n').map((line) => el('span', { class: 'line' },
      ...(isolate ? [el('bdi', null, ...inline(line))] : inline(line))));
    return el('div', { class: 'row' }, el('dt', null, words[name]), el('dd', null, ...lines));
  });
}

function row(label, ...value) {
  return el('div', { class: 'row' }, el('dt', null, label), el('dd', null, ...value));
}

function term(item, words) {
  return item.term && row(words.term, el('bdi', { lang: 'de', dir: 'ltr' }, plain(item.term)));
}

function reach(person, words) {
  return [
    person.tel && row(words.tel, phone(plain(person.tel))),
    person.mail && row(words.mail, mail(plain(person.mail))),
  ];
}

function foot(item, words) {
  const source = item.source && (webLink(item.source, words.source, words)
    || el('span', null, `${words.source}: `, el('bdi', null, plain(item.source))));
  return (item.updated || source) && el('p', { class: 'foot' },
    item.updated && el('span', null, ...inline(item.updated)), source);
}

function links(item, words) {
  const made = [webLink(item.url, words.website, words), webLink(item.map, words.map, words)];
  return made.some(Boolean) && el('p', { class: 'links' }, ...made);
}

function card(item, words, title, ...body) {
  const tags = Array.isArray(item.labels) ? item.labels : [];
  return el('article', { class: 'card' },
    item.sample && el('p', { class: 'tag' }, words.sample),
    el('h3', null, el('bdi', null, title || '')),
    ...tags.map((tag) => el('p', { class: 'tag' }, plain(tag))),
    ...body,
    item.check && el('p', { class: 'check' }, ...inline(item.check)),
    links(item, words), foot(item, words));
}

function offerCard(item, words) {
  const person = item.contact || {};
  const name = person.name || person.role;
  return card(item, words, item.title,
    ...(item.summary ? paragraphs(item.summary) : []),
    el('dl', null,
      ...rows(item, ['audience', 'ages'], words), ...rows(item, ['place'], words, true),
      ...rows(item, ['cost', 'languages', 'how', 'bring'], words), term(item, words),
      name && row(words.contact, el('bdi', null, name),
        person.name && person.role && el('span', { class: 'line soft' }, el('bdi', null, person.role))),
      ...reach(person, words), ...rows(person, ['hours'], words, true),
      ...rows(item, ['address'], words, true)));
}

function contactCard(item, words) {
  const deputy = item.substitute || {};
  return card(item, words, item.name || item.role,
    item.name && item.role && el('p', { class: 'soft' }, el('bdi', null, item.role)),
    item.hours_now && el('p', { class: 'now' }, ...inline(item.hours_now)),
    el('dl', null, term(item, words), ...reach(item, words),
      ...rows(item, ['hours', 'address'], words, true),
      ...rows(item, ['languages', 'interpreter'], words),
      (deputy.name || deputy.tel) && row(words.substitute,
        deputy.name && el('span', { class: 'line' }, el('bdi', null, deputy.name)),
        deputy.tel && phone(plain(deputy.tel)))));
}

function crisisLine(item) {
  const notes = [item.hours, item.languages, item.help].filter((note) => note && note !== true);
  return el('li', null, item.tel && phone(plain(item.tel)),
    el('div', null, el('strong', null, item.name || ''),
      ...notes.map((note) => el('span', { class: 'line' }, ...inline(note)))));
}

// A form step may carry `{label, value}` rows: what the person checks before it is sent on.
function formRows(items) {
  const shown = items.filter((item) => item.label);
  return shown.length && el('dl', { class: 'card' },
    ...shown.map((item) => row(item.label, ...inline(item.value || '–'))));
}

function content(message, items, words) {
  if (message.type === 'offers') return items.map((item) => offerCard(item, words));
  if (message.type === 'contact') return items.map((item) => contactCard(item, words));
  if (message.type === 'crisis') {
    return [items.length && el('ul', { class: 'lines' }, ...items.map(crisisLine))];
  }
  return message.type === 'form' ? [formRows(items)] : [];
}

function choice(button, words, press) {
  const lang = TEXTS[button.lang] ? button.lang : null;
  const node = el('button', { type: 'button', class: 'choice', lang, dir: lang && direction(lang) },
    button.title);
  node.addEventListener('click', () => {
    // The mark comes as text too, so that it is not a matter of colour alone.
    if (press(button) && !node.classList.contains('used')) {
      node.classList.add('used');
      node.append(hidden(` (${words.used})`));
    }
  });
  return node;
}

/**
 * One message as a node.
 * @param {object} message in the form that docs and server share
 * @param {string} ui language of the page, used where the message names none
 * @param {function(object): boolean} press called with a pressed button; true if it was sent
 */
export function messageNode(message, ui, press) {
  const lang = TEXTS[message.lang] ? message.lang : null;
  const words = TEXTS[lang || ui];
  const own = message.from === 'user';
  const dir = own ? 'auto' : direction(lang || ui);
  const items = Array.isArray(message.items) ? message.items.filter(Boolean) : [];
  const buttons = Array.isArray(message.buttons) ? message.buttons : [];
  const staff = message.from === 'staff';
  const who = { user: TEXTS[ui].you, staff: message.name || TEXTS[ui].staff }[message.from] || 'Lotse';
  const quiet = !own && !staff && (message.type === 'state' || message.type === 'notice');
  const body = content(message, items, words).filter(Boolean);
  return el('div', { class: `msg ${own ? 'user' : staff ? 'staff' : 'bot'}${quiet ? ' quiet' : ''}${
    message.type === 'crisis' ? ' crisis' : ''}`, 'data-type': message.type || 'text' },
  el('p', { class: staff ? 'who' : 'vh' }, el('bdi', null, who), ': '),
  message.text && el('div', { class: 'text', lang, dir: own ? null : dir },
    ...paragraphs(message.text, own ? { dir } : null)),
  body.length && el('div', { class: 'items', lang, dir }, ...body),
  buttons.length && el('div', { class: 'choices', lang, dir },
    ...buttons.map((button) => choice(button, words, press))));
}
