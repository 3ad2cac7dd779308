// Drive a conversation in a real browser and keep a picture of it.
//   node drive.js --url http://localhost:5005/chat --messages '["Hallo", {"click": "Ja"}, {"lang": "tr"}]'
//     [--lang ar] [--width 360] [--height 740] [--full] [--dark] [--out picture.png]
//     [--each] [--timeout 30000] [--chromium /usr/bin/chromium]
// A message is a text to type, {"click": "title of a button"} or {"lang": "code"}. `--messages @file`
// reads them from a file. --full: the picture holds the whole conversation. --each: one picture per
// step as well. Prints the conversation as JSON; exit status 1 if a foreign address was called, a
// console error (a CSP violation, for instance) appeared or the chat did not end in a normal state.
const fs = require('node:fs');
const { parseArgs } = require('node:util');
const { open, settled, say, language, transcript } = require('./browser.js');

const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    messages: { type: 'string', default: '[]' },
    lang: { type: 'string' },
    width: { type: 'string', default: '360' },
    height: { type: 'string', default: '740' },
    timeout: { type: 'string', default: '30000' },
    chromium: { type: 'string' },
    out: { type: 'string' },
    full: { type: 'boolean', default: false },
    each: { type: 'boolean', default: false },
    dark: { type: 'boolean', default: false },
  },
});

async function picture(page, file, full) {
  const size = page.viewportSize();
  if (full) {
    const need = await page.evaluate(() => {
      const thread = document.querySelector('lotse-chat').shadowRoot.querySelector('.thread');
      return thread.scrollHeight - thread.clientHeight;
    });
    await page.setViewportSize({ width: size.width, height: Math.min(size.height + need, 15000) });
  }
  await page.waitForTimeout(400);
  await page.screenshot({ path: file });
  await page.setViewportSize(size);
}

async function main() {
  const raw = values.messages.startsWith('@')
    ? fs.readFileSync(values.messages.slice(1), 'utf8') : values.messages;
  const timeout = Number(values.timeout);
  const url = new URL(values.url);
  if (values.lang) url.searchParams.set('lang', values.lang);
  const { browser, page } = await open({
    chromium: values.chromium,
    timeout,
    context: {
      viewport: { width: Number(values.width), height: Number(values.height) },
      colorScheme: values.dark ? 'dark' : 'light',
    },
  });
  const foreign = [];
  const errors = [];
  page.on('request', (request) => {
    const to = new URL(request.url());
    if (to.protocol !== 'data:' && to.origin !== url.origin) foreign.push(request.url());
  });
  page.on('console', (line) => line.type() === 'error' && errors.push(line.text()));
  page.on('pageerror', (error) => errors.push(String(error)));
  let state = 'none';
  try {
    await page.goto(url.href);
    state = await settled(page, timeout);
    const steps = JSON.parse(raw);
    for (const [i, step] of steps.entries()) {
      if (step.lang) {
        state = await language(page, step.lang, timeout);
      } else if (step.click) {
        await page.locator('.choice', { hasText: step.click }).last().click();
        state = await settled(page, timeout);
      } else {
        state = await say(page, step, timeout);
      }
      if (values.each && values.out) {
        await picture(page, values.out.replace(/(\.png)?$/, `-${i + 1}.png`), false);
      }
    }
    if (values.out) await picture(page, values.out, values.full);
    const messages = await transcript(page);
    console.log(JSON.stringify({ state, messages, foreign, errors }, null, 1));
  } finally {
    await browser.close();
  }
  const fine = ['bot', 'human', 'human-waiting', 'deleted'].includes(state);
  process.exitCode = fine && !foreign.length && !errors.length ? 0 : 1;
}

main();
