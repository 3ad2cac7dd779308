// The scenarios of test_page.py: `node scenarios.js NAME URL CHROMIUM [ARGUMENT]`.
// Each drives the page as a person would and ends with an assertion error if something is wrong.
// Around every scenario: no foreign request, no CSP violation, no script error.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const { open, settled, say, language, transcript } = require('./browser.js');

const axeSource = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const DIRECTION = { de: 'ltr', en: 'ltr', ar: 'rtl', tr: 'ltr' };

const shadow = (page, fn, arg) => page.evaluate(
  ([body, value]) => new Function('root', 'value', `return (${body})(root, value)`)(
    document.querySelector('lotse-chat').shadowRoot, value), [fn.toString(), arg]);

async function axe(page, where) {
  page.measuring = true; // axe itself tries to insert styles, which the CSP refuses
  const found = await page.evaluate(async () => {
    const result = await window.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    });
    return result.violations.map((rule) => `${rule.id}: ${rule.nodes.map((node) =>
      `${node.target.join(' ')} ${node.any.map((check) => check.message).join('; ')}`).join(' | ')}`);
  });
  page.measuring = false;
  assert.deepEqual(found, [], `axe, ${where}`);
}

const noSideScroll = (page) => shadow(page, (root) => {
  const thread = root.querySelector('.thread');
  const wide = document.documentElement.clientWidth;
  const out = [...root.querySelectorAll('.app *')].filter((node) => !node.closest('.vh')
    && node.getClientRects().length && (node.getBoundingClientRect().right > wide + 1
      || node.getBoundingClientRect().left < -1)).map((node) => node.outerHTML.slice(0, 80));
  return { out, page: document.documentElement.scrollWidth - wide,
    thread: thread.scrollWidth - thread.clientWidth };
});

const focused = (page) => shadow(page, (root) => {
  const node = root.activeElement;
  return node && (node.id || node.className || node.tagName.toLowerCase());
});

const logTexts = (page) => shadow(page, (root) => [...root.querySelectorAll('[role=log] .msg')]
  .map((node) => node.textContent));

async function scriptedHistory(page, lang) {
  await page.goto(`${page.base}/chat?lang=${lang}`);
  await settled(page);
  await say(page, 'all');
}

const scenarios = {
  // Every type of message on screen, banner open, in light, dark and forced colours.
  async axe(page, lang) {
    await scriptedHistory(page, lang);
    await page.locator('.more').click();
    await axe(page, `${lang}, light`);
    await page.emulateMedia({ colorScheme: 'dark' });
    await axe(page, `${lang}, dark`);
    await page.emulateMedia({ colorScheme: 'light', forcedColors: 'active' });
    await axe(page, `${lang}, forced colours`);
    await page.emulateMedia({ forcedColors: 'none' });
    await page.locator('.plain').last().click();
    await axe(page, `${lang}, dialog`);
    await page.keyboard.press('Escape');
    await page.locator('textarea').fill('');
    await page.keyboard.press('Enter');
    await axe(page, `${lang}, refused input`);
    await say(page, 'e500');
    await axe(page, `${lang}, offline`);
    await page.reload();
    await settled(page);
    await say(page, 'bye');
    await axe(page, `${lang}, end`);
  },

  // What a screen reader is told.
  async roles(page) {
    await page.route('**/session', async (route) => {
      const early = await shadow(page, (root) => {
        const log = root.querySelector('[role=log]');
        return { live: log.getAttribute('aria-live'), children: log.children.length };
      });
      assert.deepEqual(early, { live: 'polite', children: 0 }, 'the log is there before any message');
      await route.continue();
    });
    await page.goto(`${page.base}/chat?lang=en`);
    await settled(page);
    const tree = await page.locator('lotse-chat').ariaSnapshot();
    for (const part of ['log "Conversation"', 'combobox "Language"', 'textbox "Your message"',
      'button "Send"', 'button "More emergency numbers"', 'status', 'alert',
      'link "112 , Fire and ambulance"', 'heading "Lotse" [level=1]']) {
      assert.ok(tree.includes(part), `${part} in the accessibility tree:\n${tree}`);
    }
    assert.deepEqual((await logTexts(page)).length, 2);
    assert.match((await logTexts(page))[0], /^Lotse: Hello!/, 'the sender comes as text');
  },

  // Greeting and notice about the program stand on the first screen of a small phone.
  async firstScreen(page) {
    await page.setViewportSize({ width: 360, height: 740 });
    await page.goto(`${page.base}/chat?lang=de`);
    await settled(page);
    for (const node of await page.locator('.msg .text').all()) {
      const { top, bottom } = await node.evaluate((n) => n.getBoundingClientRect().toJSON());
      assert.ok(top >= 100 && bottom <= 620, `visible without scrolling (${top}–${bottom})`);
    }
    for (const number of ['112', '110']) {
      await page.locator('.first .tel', { hasText: number }).click({ trial: true });
    }
    await page.locator('.more').click();
    const numbers = await page.locator('#numbers .tel').allTextContents();
    assert.deepEqual(numbers, ['112', '110', '02541 18-5170', '116 016', '0800 111 0 111']);
    const links = await shadow(page, (root) => [...root.querySelectorAll('#numbers a')].map((a) => a.href));
    assert.deepEqual(links, ['tel:112', 'tel:110', 'tel:+492541185170', 'tel:116016', 'tel:+498001110111']);
    assert.equal(await page.locator('.more').getAttribute('aria-expanded'), 'true');
  },

  // A whole conversation without a pointer.
  async keyboard(page) {
    await page.goto(`${page.base}/chat?lang=de`);
    await settled(page);
    const order = [];
    for (let i = 0; i < 12; i += 1) {
      await page.keyboard.press('Tab');
      order.push(await focused(page));
    }
    assert.deepEqual(order, ['skip', 'language', 'tel', 'tel', 'more', 'thread', 'choice', 'choice',
      'choice', 'input', 'primary', 'plain'], 'tab order is reading order');
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.type('Guten Tag');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('zweite Zeile');
    await page.keyboard.press('Enter');
    await settled(page);
    assert.equal(await focused(page), 'input');
    assert.equal((await transcript(page))[2].text, 'Guten Tag\nzweite Zeile');
    await page.keyboard.press('Shift+Tab'); // the button of the answer
    assert.equal(await focused(page), 'choice');
    await page.keyboard.press('Space');
    await settled(page);
    assert.equal((await transcript(page)).pop().type, 'offers');
    assert.equal(await focused(page), 'choice used', 'focus stays on the pressed button');
    const ring = await shadow(page, (root) => getComputedStyle(root.activeElement).outlineWidth);
    assert.equal(ring, '3px', 'focus is visible');
    // Delete: the dialog holds the focus, Escape gives it back.
    await page.locator('.plain').last().focus();
    await page.keyboard.press('Enter');
    for (let i = 0; i < 5; i += 1) {
      await page.keyboard.press('Tab');
      const inside = await shadow(page, (root) => !root.activeElement
        || root.querySelector('dialog').contains(root.activeElement));
      assert.ok(inside, 'the dialog keeps the focus');
    }
    await page.keyboard.press('Escape');
    assert.equal(await focused(page), 'plain');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.querySelector('lotse-chat').dataset.state === 'deleted');
    assert.equal(await focused(page), 'primary', 'focus goes to the way on');
    await page.keyboard.press('Enter');
    await settled(page);
    assert.equal((await transcript(page)).length, 2);
    assert.equal(await focused(page), 'input');
  },

  // Real clicks: nothing may cover a control. Buttons are marked, an older one still works.
  async clicks(page) {
    for (const [width, height] of [[1280, 800], [360, 640]]) {
      await page.setViewportSize({ width, height });
      await page.goto(`${page.base}/chat?lang=de`);
      await page.evaluate(() => sessionStorage.clear());
      await page.reload();
      await settled(page);
      await page.locator('.choice', { hasText: 'Hilfe mit dem Baby' }).click();
      await settled(page);
      assert.equal((await transcript(page)).pop().cards[0], 'Offener Treff für Eltern mit Babys');
      assert.match(await page.locator('.used').textContent(), /^Hilfe mit dem Baby \(gewählt\)$/);
      await page.locator('.choice', { hasText: 'Schule und Lernen' }).click();
      await settled(page);
      assert.equal((await transcript(page)).pop().type, 'contact');
      const sent = await (await page.request.get(`${page.base}/journal`)).json();
      assert.deepEqual(sent.filter((row) => row.payload).slice(-2),
        [{ lang: 'de', payload: '/ask_offers' }, { lang: 'de', payload: '/ask_contact' }]);
      for (const control of await page.locator('.app button:visible, .app a:visible, select').all()) {
        if (await control.evaluate((node) => node.className === 'skip')) continue;
        await control.click({ trial: true });
        const box = await control.boundingBox();
        assert.ok(box.height >= 44 && box.width >= 44, `${await control.textContent()} is ${
          box.width}×${box.height}, at least 44×44`);
      }
    }
  },

  // 400 % zoom of a 1280 px window, text spacing of WCAG 1.4.12, long German words.
  async small(page, lang) {
    await page.setViewportSize({ width: 320, height: 256 });
    await scriptedHistory(page, lang);
    await say(page, 'hostile');
    await page.locator('.more').click();
    assert.deepEqual(await noSideScroll(page), { out: [], page: 0, thread: 0 });
    await page.locator('textarea').scrollIntoViewIfNeeded();
    await page.locator('textarea').click({ trial: true });
    await page.locator('.primary:visible').click({ trial: true });
    await shadow(page, (root) => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync('* { line-height: 1.5 !important; letter-spacing: .12em !important;'
        + 'word-spacing: .16em !important }');
      root.adoptedStyleSheets = [sheet];
    });
    assert.deepEqual(await noSideScroll(page), { out: [], page: 0, thread: 0 }, 'text spacing');
    await page.setViewportSize({ width: 360, height: 740 });
    assert.deepEqual(await noSideScroll(page), { out: [], page: 0, thread: 0 }, 'phone');
  },

  // The whole page turns; numbers, German terms and addresses do not.
  async arabic(page) {
    await scriptedHistory(page, 'ar');
    const state = await shadow(page, (root) => ({
      page: document.documentElement.dir,
      app: getComputedStyle(root.querySelector('.app')).direction,
      input: root.querySelector('textarea').dir,
      own: root.querySelector('.user .text p').dir,
      bot: [root.querySelector('.bot .text').dir, root.querySelector('.bot .text').lang],
      phones: [...root.querySelectorAll('.tel bdi')].every((node) => node.dir === 'ltr'),
      term: root.querySelector('[lang=de].line, dd [lang=de]').dir,
      logo: root.querySelector('.mark').getBoundingClientRect().left > innerWidth / 2,
      mine: root.querySelector('.user .text').getBoundingClientRect().right < innerWidth / 2 + 100,
    }));
    assert.deepEqual(state, { page: 'rtl', app: 'rtl', input: 'rtl', own: 'auto', bot: ['rtl', 'ar'],
      phones: true, term: 'ltr', logo: true, mine: true });
    await say(page, 'مرحبا');
    const number = await shadow(page, (root) => [...root.querySelectorAll('.text bdi')].pop().textContent);
    assert.equal(number, '030 23125-019', 'a number in a sentence keeps its order');
    await page.locator('textarea').fill('Guten Tag');
    assert.equal(await page.locator('textarea').getAttribute('dir'), 'auto');
    // A German message keeps its direction after the page turned.
    await language(page, 'de');
    const kept = await shadow(page, (root) => root.querySelector('.bot .text').dir);
    assert.equal(kept, 'rtl');
  },

  async languages(page) {
    await page.goto(`${page.base}/chat?lang=de`);
    await settled(page);
    for (const lang of ['tr', 'ar', 'en']) {
      await page.locator('select').focus();
      await language(page, lang);
      assert.equal(await focused(page), 'language', 'a change of language keeps the focus');
      const state = await shadow(page, (root) => ({ lang: document.documentElement.lang,
        app: root.querySelector('.app').lang, dir: document.documentElement.dir }));
      assert.deepEqual(state, { lang, app: lang, dir: DIRECTION[lang] });
      const journal = await (await page.request.get(`${page.base}/journal`)).json();
      assert.deepEqual(journal.pop(), { lang, payload: `/change_language{"language_choice":"${lang}"}` });
    }
    const texts = await transcript(page);
    assert.ok(texts.every((message) => message.from === 'bot'), 'no technical words in the log');
    await page.reload();
    await settled(page);
    assert.equal(await page.locator('select').inputValue(), 'en', 'the choice survives a reload');
  },

  // Nothing from the network becomes markup or a script address.
  async hostile(page) {
    await page.goto(`${page.base}/chat?lang=de`);
    await settled(page);
    await say(page, 'hostile');
    await say(page, '<img src=x onerror=alert(1)>');
    const found = await shadow(page, (root) => ({
      images: root.querySelectorAll('img, script, b, iframe').length,
      styled: root.querySelectorAll('[style]').length,
      links: [...root.querySelectorAll('.msg a')].map((a) => a.getAttribute('href')),
      rel: [...root.querySelectorAll('.msg a[target]')].map((a) => a.rel),
    }));
    assert.deepEqual(found, { images: 0, styled: 0, links: ['https://example.org/quelle'],
      rel: ['noopener noreferrer'] });
  },

  // After a reload everything is there and screen readers stay silent.
  async reload(page) {
    await scriptedHistory(page, 'de');
    const before = await transcript(page);
    await page.reload();
    await settled(page);
    const after = await transcript(page);
    assert.deepEqual(after.map((m) => [m.from, m.text, m.cards]), before.map((m) => [m.from, m.text, m.cards]));
    assert.deepEqual(await logTexts(page), [], 'the replay is outside the live log');
    await say(page, 'notice');
    assert.equal((await logTexts(page)).length, 2);
    const journal = await (await page.request.get(`${page.base}/journal`)).json();
    assert.equal(journal.filter((row) => row.session).length, 1, 'one session only');
  },

  async erase(page) {
    await page.goto(`${page.base}/chat?lang=de`);
    await settled(page);
    await say(page, 'Hallo');
    await page.locator('.plain').last().click();
    await page.locator('dialog .secondary').click();
    assert.equal((await transcript(page)).length, 4, 'cancel deletes nothing');
    await page.locator('.plain').last().click();
    await page.locator('dialog .primary').click();
    await page.waitForFunction(() => document.querySelector('lotse-chat').dataset.state === 'deleted');
    assert.deepEqual(await transcript(page), []);
    assert.match(await page.locator('.end').textContent(), /gelöscht/);
    assert.equal(await page.locator('textarea').isVisible(), false);
    const stored = await page.evaluate(() => JSON.parse(sessionStorage.getItem('lotse-chat')).token);
    assert.equal(stored, null);
    let journal = await (await page.request.get(`${page.base}/journal`)).json();
    assert.deepEqual(journal.pop(), { deleted: true });
    await page.locator('.end button').click();
    await settled(page);
    assert.equal((await transcript(page)).length, 2);
    // The server may end it as well; its own words are shown.
    await say(page, 'bye');
    assert.match(await page.locator('.end').textContent(), /Alles ist gelöscht\. Auf Wiedersehen!/);
    await page.reload();
    await settled(page);
    assert.equal((await transcript(page)).length, 2, 'a fresh start after the end');
    // Starting over erases first.
    await say(page, 'Hallo');
    await page.locator('.plain').first().click();
    await page.locator('dialog .primary').click();
    await page.waitForFunction(() => document.querySelector('lotse-chat').shadowRoot
      .querySelectorAll('.msg').length === 2);
    journal = await (await page.request.get(`${page.base}/journal`)).json();
    assert.deepEqual(Object.keys(journal[journal.length - 2]), ['deleted']);
    assert.equal(await page.locator('lotse-chat').getAttribute('data-state'), 'bot');
  },

  // A deletion that did not reach the server is never shown as one.
  async eraseOffline(page) {
    await page.goto(`${page.base}/chat?lang=de`);
    await settled(page);
    await page.route('**/session', (route) => route.abort());
    await page.locator('.plain').last().click();
    await page.locator('dialog .primary').click();
    await page.locator('.problem button').waitFor();
    assert.equal((await transcript(page)).length, 2);
    await page.unroute('**/session');
    await page.locator('.problem button').click();
    await page.waitForFunction(() => document.querySelector('lotse-chat').dataset.state === 'deleted');
  },

  async retry(page) {
    await page.goto(`${page.base}/chat?lang=de`);
    await settled(page);
    assert.equal(await say(page, 'flaky'), 'offline-retry');
    assert.match(await page.locator('[role=alert]').first().textContent(), /Verbindung/);
    await page.locator('.problem button').click();
    assert.equal(await settled(page), 'bot');
    assert.equal((await transcript(page)).length, 4);
    assert.equal(await page.locator('[role=alert]').first().textContent(), '');
    // The answer got lost on the way: asked again, the server must not be told twice.
    await page.route('**/message', async (route) => {
      await route.fetch();
      await route.abort();
    }, { times: 1 });
    await say(page, 'lost');
    await page.locator('.problem button').click();
    await settled(page);
    const journal = await (await page.request.get(`${page.base}/journal`)).json();
    assert.equal(journal.filter((row) => row.text === 'lost').length, 1);
    assert.equal((await transcript(page)).length, 6);
    // No network at all, then it comes back by itself.
    await page.context().setOffline(true);
    assert.equal(await say(page, 'Hallo'), 'offline-retry');
    await page.context().setOffline(false);
    await page.waitForFunction(() => document.querySelector('lotse-chat').dataset.state === 'bot');
    assert.equal((await transcript(page)).length, 8);
    // Too slow.
    await page.evaluate(() => document.querySelector('lotse-chat').setAttribute('timeout', '1'));
    assert.equal(await say(page, 'slow'), 'offline-retry');
    await page.waitForTimeout(1500);
    await page.locator('.problem button').click();
    await settled(page);
    assert.equal((await transcript(page)).length, 10);
  },

  async startOffline(page) {
    await page.route('**/session', (route) => route.abort());
    await page.goto(`${page.base}/chat?lang=tr`);
    await page.locator('.problem button').waitFor();
    assert.match(await page.locator('[role=alert]').first().textContent(), /Bağlantı/);
    await page.locator('textarea').fill('Merhaba');
    await page.keyboard.press('Enter');
    assert.equal(await page.locator('textarea').inputValue(), 'Merhaba', 'nothing written gets lost');
    await page.unroute('**/session');
    await page.locator('.problem button').click();
    await page.waitForFunction(() => document.querySelector('lotse-chat').dataset.state === 'bot');
    assert.equal((await transcript(page)).length, 2);
  },

  async refused(page) {
    await page.goto(`${page.base}/chat?lang=de`);
    await settled(page);
    for (const [status, words] of [['e400', /nicht lesen/], ['e413', /zu lang/], ['e429', /warten/]]) {
      await page.locator('textarea').fill('');
      await say(page, status);
      assert.match(await page.locator('[role=alert]').first().textContent(), words);
      assert.equal(await page.locator('textarea').inputValue(), status, 'the text comes back');
      assert.match(await page.locator('.unsent').last().textContent(), /Nicht gesendet/);
    }
    await page.locator('textarea').fill('   ');
    await page.keyboard.press('Enter');
    assert.equal(await page.locator('textarea').getAttribute('aria-invalid'), 'true');
    const error = await shadow(page, (root) => root.getElementById(
      root.querySelector('textarea').getAttribute('aria-describedby')).textContent);
    assert.match(error, /schreiben Sie zuerst/);
    await say(page, 'Hallo');
    assert.equal(await page.locator('textarea').getAttribute('aria-invalid'), null);
    assert.equal(await page.locator('[role=alert]').first().textContent(), '');
  },

  async expired(page) {
    await page.goto(`${page.base}/chat?lang=de`);
    await settled(page);
    assert.equal(await say(page, 'expire'), 'expired');
    assert.match(await page.locator('.end').textContent(), /abgelaufen/);
    assert.equal(await focused(page), 'primary');
    assert.ok((await transcript(page)).length > 1, 'what was said stays readable');
    await page.keyboard.press('Enter');
    assert.equal(await settled(page), 'bot');
    assert.equal(await page.locator('textarea').inputValue(), 'expire', 'nothing written gets lost');
    // The token of an earlier visit is no longer known.
    await page.evaluate(() => sessionStorage.setItem('lotse-chat', '{"token":"old","lang":"en"}'));
    await page.reload();
    assert.equal(await settled(page), 'expired');
    assert.match(await page.locator('.end').textContent(), /expired/);
  },

  // A person joins: waiting, then their words, by asking the server while the page is visible.
  async staff(page) {
    await page.goto(`${page.base}/chat?lang=en`);
    await settled(page);
    assert.equal(await say(page, 'staff'), 'human-waiting');
    assert.match(await page.locator('[role=status]').textContent(), /looking for an adviser/);
    await page.locator('.staff').waitFor();
    assert.match(await page.locator('.staff').textContent(), /Frau Beispiel: Hello, this is Ms Beispiel/);
    assert.equal(await page.locator('lotse-chat').getAttribute('data-state'), 'human');
    assert.match(await page.locator('[role=status]').textContent(), /with a person/);
  },

  // Typing is announced as a status, motion only for those who want it, autocomplete for forms.
  async manners(page) {
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await page.goto(`${page.base}/chat?lang=de`);
    await settled(page);
    await page.locator('textarea').fill('slow');
    await page.keyboard.press('Enter');
    await page.waitForTimeout(200);
    assert.equal(await page.locator('[role=status]').textContent(), 'Lotse schreibt …');
    const motion = await shadow(page, (root) => [
      getComputedStyle(root.querySelector('.dots')).animationName,
      getComputedStyle(root.querySelector('.thread')).scrollBehavior]);
    assert.deepEqual(motion, ['none', 'auto']);
    await settled(page);
    assert.equal(await page.locator('[role=status]').textContent(), '');
    await say(page, 'form');
    assert.equal(await page.locator('textarea').getAttribute('autocomplete'), 'tel');
    await say(page, 'Hallo');
    assert.equal(await page.locator('textarea').getAttribute('autocomplete'), 'off');
  },
};

// Without script the numbers are there, in four languages.
async function noScript(base, chromium) {
  const { browser, page } = await open({ chromium, context: { javaScriptEnabled: false } });
  try {
    await page.goto(`${base}/chat`);
    for (const lang of Object.keys(DIRECTION)) {
      const text = await page.locator(`.fallback section[lang=${lang}]`).textContent();
      for (const number of ['112', '110', '02541 18-5170', '116 016', '0800 111 0 111',
        '02541 18-0', '115']) {
        assert.ok(text.includes(number), `${number} in ${lang}`);
      }
    }
    assert.ok(await page.locator('.fallback a').first().isVisible());
    assert.match(await page.locator('.fallback').innerText(), /JavaScript/);
  } finally {
    await browser.close();
  }
}

async function main([name, base, chromium, argument]) {
  if (name === 'noScript') return noScript(base, chromium);
  const { browser, page } = await open({ chromium });
  page.base = base;
  const wrong = [];
  // A failure that a scenario asked for is no finding.
  const asked = /Failed to load resource|net::ERR_/;
  page.on('console', (line) => {
    const policy = /Content Security Policy/.test(line.text());
    if (policy ? !page.measuring : line.type() === 'error' && !asked.test(line.text())) {
      wrong.push(line.text());
    }
  });
  page.on('pageerror', (error) => wrong.push(String(error)));
  page.on('dialog', (dialog) => { wrong.push(dialog.message()); dialog.dismiss(); });
  page.on('request', (request) => {
    if (!request.url().startsWith(`${base}/`) && !request.url().startsWith('data:')) {
      wrong.push(`foreign request ${request.url()}`);
    }
  });
  await page.addInitScript(name === 'axe' ? axeSource : '0');
  try {
    await scenarios[name](page, argument);
    assert.deepEqual(wrong, [], 'console, CSP and foreign requests');
  } finally {
    await browser.close();
  }
  return null;
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error.stack || error);
  process.exitCode = 1;
});
