// A person on a phone, in Arabic, and a member of staff at a desk, in German, at the same time:
// `node side_by_side.js CHAT INBOX CHROMIUM LOGIN PASSWORD [PICTURES]`.
const assert = require('node:assert/strict');
const path = require('node:path');

const { open, say, settled } = require(path.resolve(__dirname, '..', 'web', 'browser.js'));
const [chat, inbox, chromium, login, password, pictures] = process.argv.slice(2);

async function visible(page, text) {
  await page.getByText(text, { exact: false }).last().waitFor();
}

async function main() {
  const phone = await open({ chromium, context: { viewport: { width: 360, height: 740 }, locale: 'ar' } });
  const desk = await open({ chromium });
  try {
    const [person, staff] = [phone.page, desk.page];
    await staff.goto(`${inbox}/login`);
    await staff.getByLabel('Anmeldename').fill(login);
    await staff.getByLabel('Passwort').fill(password);
    await staff.getByLabel('Passwort').press('Enter');
    await staff.waitForURL(`${inbox}/`);

    await person.goto(`${chat}?lang=ar`);
    await settled(person);
    await say(person, 'أحتاج إلى مكان في الروضة في نوتولن');
    await person.getByRole('button', { name: 'التحدث مع إنسان' }).last().click();
    await settled(person);
    await person.getByRole('button', { name: 'الكتابة هنا الآن' }).click();
    await settled(person);

    await staff.goto(`${inbox}/`);
    await staff.locator('a[href^="/live/"]').first().click();
    await visible(staff, 'Kita');
    await staff.getByRole('button', { name: /übernehmen/i }).first().click();
    await visible(person, 'Anna');
    await say(person, 'عمره ثلاث سنوات');
    await visible(staff, 'عمره ثلاث سنوات');
    const direction = await staff.getByText('عمره ثلاث سنوات').last()
      .evaluate((node) => getComputedStyle(node).direction);
    assert.equal(direction, 'rtl', 'Arabic words are set from right to left for the staff');
    await staff.locator('textarea').first().fill('Guten Tag! Ich schicke Ihnen die Liste der Kitas.');
    await staff.getByRole('button', { name: /senden|antworten/i }).first().click();
    await visible(person, 'Guten Tag! Ich schicke Ihnen');
    // What the staff wrote is scrolled into view, above the field.
    await person.waitForFunction(() => {
      const root = document.querySelector('lotse-chat').shadowRoot;
      const last = [...root.querySelectorAll('.msg.staff')].pop().getBoundingClientRect();
      return last.bottom <= root.querySelector('footer').getBoundingClientRect().top + 1;
    });
    if (pictures) {
      await person.screenshot({ path: path.join(pictures, 'live-person-ar-360.png') });
      await staff.screenshot({ path: path.join(pictures, 'live-staff-de-1280.png') });
    }
    // A reload loses nothing, and what is written afterwards still arrives.
    await person.reload();
    await visible(person, 'Guten Tag! Ich schicke Ihnen');
    await staff.locator('textarea').first().fill('Passt Ihnen morgen um neun?');
    await staff.getByRole('button', { name: /senden|antworten/i }).first().click();
    await visible(person, 'Passt Ihnen morgen um neun?');
    await staff.getByRole('button', { name: /assistent|zurückgeben/i }).first().click();
    await visible(person, 'أنهى الشخص المحادثة');
    const state = await say(person, 'شكرا');
    assert.equal(state, 'bot', 'the assistant speaks again');
  } catch (error) {
    const seen = await phone.page.locator('lotse-chat').innerText().catch(() => '');
    console.error(`${desk.page.url()}\n${seen.slice(-600)}`);
    throw error;
  } finally {
    await phone.browser.close();
    await desk.browser.close();
  }
}

main().catch((error) => { console.error(error); process.exitCode = 1; });
