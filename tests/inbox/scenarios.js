// The scenarios of test_pages.py: `node scenarios.js NAME URL CHROMIUM PASSWORD NUMBER`.
// Each drives the inbox as a staff member would and ends with an assertion error if something is
// wrong. Around every scenario: no foreign request, no CSP violation, no script error.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');

const web = path.resolve(__dirname, '..', 'web');
const { open } = require(path.join(web, 'browser.js'));
const axeSource = fs.readFileSync(path.join(web, 'node_modules', 'axe-core', 'axe.min.js'), 'utf8');
const [name, base, chromium, password, number, picture] = process.argv.slice(2);

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
  await small(page, where);
}

/** At 360 px nothing sticks out, and what can be pressed is 44 px high and wide. */
async function small(page, where) {
  const faults = await page.evaluate(() => {
    const wide = document.documentElement.clientWidth;
    const out = document.documentElement.scrollWidth > wide ? ['the page scrolls sideways'] : [];
    for (const node of document.querySelectorAll('a, button, input:not([type=hidden]), select, textarea')) {
      const box = node.getBoundingClientRect();
      if (node.className === 'skip' || !box.width) continue;
      const target = node.type === 'checkbox' ? node.parentElement.getBoundingClientRect() : box;
      if (target.height < 43.5 || target.width < 43.5) out.push(`small: ${node.outerHTML.slice(0, 80)}`);
      if (box.right > wide + 1 || box.left < -1) out.push(`outside: ${node.outerHTML.slice(0, 80)}`);
    }
    return out;
  });
  assert.deepEqual(faults, [], `at 360 px, ${where}`);
}

async function login(page, who) {
  await page.goto(`${base}/login`);
  await page.getByLabel('Anmeldename').fill(who);
  await page.getByLabel('Passwort').fill(password);
  await page.getByLabel('Passwort').press('Enter');
  await page.waitForURL(`${base}/`);
}

const scenarios = {
  // Login, overview and a conversation in Arabic, with keyboard and screen reader in mind.
  async pages(page) {
    await page.goto(`${base}/`);
    assert.equal(page.url(), `${base}/login`);
    await axe(page, 'login');
    await login(page, 'lea');
    await axe(page, 'overview');
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
    const ring = await page.evaluate(() => getComputedStyle(document.activeElement).outlineWidth);
    assert.equal(ring, '3px', 'focus is visible');
    if (picture) await page.screenshot({ path: `${picture}-overview.png`, fullPage: true });
    await page.goto(`${base}/live/${number}`);
    await page.getByRole('button', { name: 'Übernehmen' }).click();
    await axe(page, 'conversation');
    const text = page.locator('.msg.person .text').first();
    assert.equal(await text.evaluate((node) => getComputedStyle(node).direction), 'rtl');
    assert.equal(await text.getAttribute('lang'), 'ar');
    assert.equal(await page.evaluate(() => window.hacked), undefined);
    await page.locator('.translation', { hasText: 'Ich brauche Hilfe' }).waitFor();
    assert.match(await page.locator('.translation').first().textContent(), /^Maschinelle Übersetzung/);
    if (picture) await page.screenshot({ path: `${picture}-live.png`, fullPage: true });
    for (const other of ['/callbacks', '/callbacks/L-AAAA-BBBB', '/password', '/nowhere']) {
      page.measuring = other === '/nowhere'; // a 404 is a console error
      await page.goto(`${base}${other}`);
      await axe(page, other);
    }
    await page.goto(`${base}/password`);
    await page.getByRole('button', { name: 'Abmelden' }).click();
    await page.waitForURL(/\/login/);
    await login(page, 'adam');
    for (const other of ['/accounts', '/accounts/new']) {
      await page.goto(`${base}${other}`);
      await axe(page, other);
    }
  },

  // Two windows: what one does appears in the other without a reload.
  async together(page, context) {
    await login(page, 'lea');
    await page.goto(`${base}/live/${number}`);
    await page.getByRole('button', { name: 'Übernehmen' }).click();
    const other = await context.newPage();
    await other.goto(`${base}/live/${number}`);
    await page.getByLabel('Ihre Antwort').fill('Guten Tag, <b>ich</b> helfe Ihnen.');
    await page.getByLabel('Ihre Antwort').press('Control+Enter');
    for (const one of [page, other]) {
      await one.locator('.msg.staff .text', { hasText: 'Guten Tag, <b>ich</b> helfe Ihnen.' }).waitFor();
    }
    assert.equal(await page.getByLabel('Ihre Antwort').inputValue(), '');
    assert.ok(await page.locator('#pending').isVisible(), 'not yet with the person');
    // A draft survives when somebody else ends the conversation.
    await page.getByLabel('Ihre Antwort').fill('ein Entwurf');
    await other.getByRole('button', { name: 'Gespräch beenden' }).click();
    await page.locator('#notice', { hasText: 'hat sich geändert' }).waitFor();
    assert.equal(await page.getByLabel('Ihre Antwort').inputValue(), 'ein Entwurf');
    await other.waitForURL(/note=closed/);
    await other.locator('#h-waiting', { hasText: 'Wartet (0)' }).waitFor();
  },

  // Everything can be done without script.
  async noScript(page) {
    await login(page, 'lea');
    await page.getByRole('link', { name: new RegExp(`Ansehen.*Gespräch ${number}$`) }).click();
    await page.getByRole('button', { name: 'Übernehmen' }).click();
    await page.getByLabel('Ihre Antwort').fill('ohne Skript');
    await page.getByRole('button', { name: 'Senden' }).click();
    await page.locator('.msg.staff .text', { hasText: 'ohne Skript' }).waitFor();
    await page.getByRole('link', { name: 'Maschinelle Übersetzung anzeigen' }).first().click();
    await page.locator('.translation', { hasText: 'Ich brauche Hilfe' }).waitFor();
    await page.getByRole('link', { name: 'Neu laden' }).click();
    await page.getByRole('button', { name: 'An den Assistenten zurückgeben' }).click();
    await page.locator('.note', { hasText: 'wieder beim Assistenten' }).waitFor();
  },
};

async function main() {
  const { browser, context, page } = await open({
    chromium,
    context: {
      viewport: { width: 360, height: 740 },
      javaScriptEnabled: name !== 'noScript',
    },
  });
  const faults = [];
  context.on('request', (request) => {
    if (!request.url().startsWith(base)) faults.push(`foreign: ${request.url()}`);
  });
  context.on('console', (line) => {
    const lost = /status of 404/.test(line.text());
    if (line.type() === 'error' && !line.page().measuring && !lost) faults.push(line.text());
  });
  page.on('pageerror', (error) => faults.push(String(error)));
  if (name !== 'noScript') await context.addInitScript(axeSource);
  try {
    await scenarios[name](page, context);
    assert.deepEqual(faults, []);
  } finally {
    await browser.close();
  }
}

main();
