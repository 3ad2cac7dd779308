// One place that starts the browser and knows how to talk to <lotse-chat>.
const { chromium } = require('playwright-core');

const CHROMIUM = '/usr/bin/chromium';

/** Start a headless browser and one page; `options` go to the browser context. */
async function open(options = {}) {
  const browser = await chromium.launch({
    executablePath: options.chromium || CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });
  const context = await browser.newContext(Object.assign(
    { locale: 'de-DE', viewport: { width: 1280, height: 800 } }, options.context,
  ));
  const page = await context.newPage();
  page.setDefaultTimeout(options.timeout || 8000);
  return { browser, context, page };
}

/** Wait until nothing is on its way; gives back the state. */
async function settled(page, timeout) {
  await page.waitForFunction(() => {
    const chat = document.querySelector('lotse-chat');
    return chat && chat.shadowRoot && chat.dataset.state
      && !['connecting', 'bot-typing'].includes(chat.dataset.state)
      && !(chat.busy || chat.queue.length && chat.dataset.state !== 'offline-retry');
  }, null, { timeout });
  return page.locator('lotse-chat').getAttribute('data-state');
}

/** Type a message and wait for the answer. */
async function say(page, text, timeout) {
  await page.locator('textarea').fill(text);
  await page.locator('textarea').press('Enter');
  return settled(page, timeout);
}

/** Choose a language and wait for the answer (the page pauses a moment before it tells). */
async function language(page, code, timeout) {
  await page.locator('select').selectOption(code);
  await page.waitForTimeout(500);
  return settled(page, timeout);
}

/** The conversation as data: what a person sees. */
function transcript(page) {
  return page.evaluate(() => [...document.querySelector('lotse-chat').shadowRoot
    .querySelectorAll('.msg')].map((node) => ({
    from: ['user', 'staff', 'bot'].find((kind) => node.classList.contains(kind)),
    type: node.dataset.type,
    text: [...node.querySelectorAll('.text p')].map((p) => p.textContent).join('\n'),
    cards: [...node.querySelectorAll('h3')].map((h) => h.textContent),
    buttons: [...node.querySelectorAll('.choice')].map((b) => b.textContent),
  })));
}

module.exports = { open, settled, say, language, transcript };
