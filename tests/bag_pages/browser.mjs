// A browser that does what each line of its input says, and answers each with a line: {"found", "asked", "said"}.
import { createInterface } from "node:readline";
import chromium from "@sparticuz/chromium";
import { chromium as browsers } from "playwright-core";

const browser = await browsers.launch({
  executablePath: await chromium.executablePath(),
  // As root there is no sandbox; everything else is as people have it: no flag that makes pages of files laxer.
  args: ["--no-sandbox", "--no-zygote"],
});
const page = await browser.newPage();
const asked = [], said = [];
page.on("request", (request) => asked.push(request.url()));
page.on("console", (message) => said.push(message.text()));
page.on("pageerror", (error) => said.push(String(error)));

for await (const line of createInterface({ input: process.stdin })) {
  const { url, width, scheme, press, enter, find, screenshot } = JSON.parse(line);
  if (width) await page.setViewportSize({ width, height: 900 });
  if (scheme) await page.emulateMedia({ colorScheme: scheme });
  if (url) await page.goto(url);
  for (const key of press ?? []) await page.keyboard.press(key);
  if (enter) {
    const there = await page.evaluate("document.activeElement.href");
    await page.keyboard.press("Enter");
    await page.waitForURL((at) => at.href === there);
  }
  const found = find ? await page.evaluate(find) : null;
  if (screenshot) await page.screenshot({ path: screenshot, fullPage: true });
  process.stdout.write(JSON.stringify({ found, asked: asked.splice(0), said: said.splice(0) }) + "\n");
}
await browser.close();
