// A browser that does what it is told, a line of JSON for a line of JSON: what a page is for who looks at it.
"use strict";

const readline = require("readline");
const { chromium } = require(process.argv[2]);

const DEADLINE_MS = 180000;

// Of each text that is seen: the worst relation of its colour to what is behind it (WCAG 2, 1.4.3).
function lookAtContrast() {
	const lightness = ([r, g, b]) => {
		const linear = [r, g, b].map((c) => (c / 255 <= 0.03928 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
		return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
	};
	const colour = (text) => (text.match(/[\d.]+/g) || []).map(Number);
	const grounds = (element) => {
		for (let e = element; e; e = e.parentElement) {
			const style = getComputedStyle(e);
			const painted = style.backgroundImage.match(/rgba?\([^)]*\)/g);
			if (painted)
				return painted.map(colour);
			const ground = colour(style.backgroundColor);
			if (ground.length === 3 || ground[3] > 0)
				return [ground];
		}
		return [[255, 255, 255]];
	};
	let worst = { ratio: 21 };
	const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	for (let node = walker.nextNode(), left = 5000; node && left > 0; node = walker.nextNode(), left--) {
		const element = node.parentElement;
		if (!node.data.trim() || ["NOSCRIPT", "OPTION"].includes(element.tagName))
			continue;
		const ink = lightness(colour(getComputedStyle(element).color));
		for (const ground of grounds(element)) {
			const other = lightness(ground);
			const ratio = (Math.max(ink, other) + 0.05) / (Math.min(ink, other) + 0.05);
			if (ratio < worst.ratio)
				worst = { ratio, text: node.data.trim().slice(0, 60) };
		}
	}
	return worst;
}

function lookAtPage() {
	const of = (selector, what) => [...document.querySelectorAll(selector)].map(what);
	const paint = performance.getEntriesByName("first-contentful-paint")[0];
	return {
		text: document.body.innerText,
		tags: [...new Set(of("*", (e) => e.tagName.toLowerCase()))],
		scripts: of("script", (e) => e.getAttribute("src")),
		forms: of("form", (e) => [e.method, new URL(e.action).pathname]),
		links: of("a", (e) => e.getAttribute("href")),
		handlers: of("*", (e) => e.getAttributeNames().filter((n) => n.startsWith("on") || n === "style")).flat(),
		rows: of("tbody tr", (e) => [...e.children].map((c) => c.innerText)),
		width: document.scrollingElement.scrollWidth,
		paintMs: paint ? paint.startTime : null,
		focus: document.activeElement.innerText || document.activeElement.tagName,
	};
}

// By asking again: what waits within a page waits for its next picture, which a browser that has just begun on a busy
// machine may never draw.
async function until(page, question, of) {
	const deadline = Date.now() + DEADLINE_MS;
	while (!await page.evaluate(question, of)) {
		if (Date.now() > deadline)
			throw new Error(`waited in vain for ${of}: ${await page.evaluate(() => document.body.innerText)}`);
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}

async function main() {
	const browser = await chromium.launch({ executablePath: process.argv[3], args: ["--no-sandbox", "--disable-gpu"] });
	let context, page, said, asked;
	const deeds = {
		async open({ url, width, dark, scripts = true }) {
			if (context)
				await context.close();
			context = await browser.newContext({
				viewport: { width, height: 900 }, colorScheme: dark ? "dark" : "light", javaScriptEnabled: scripts,
			});
			page = await context.newPage();
			page.setDefaultTimeout(DEADLINE_MS);
			said = [];
			asked = [];
			page.on("console", (m) => ["error", "warning"].includes(m.type()) && said.push(m.text()));
			page.on("pageerror", (e) => said.push(String(e)));
			page.on("request", (r) => asked.push(r.method() + " " + r.url()));
			const answer = await page.goto(url, { waitUntil: "load" });
			if (scripts)
				await until(page, (s) => document.querySelector(s), "#live.good");
			return { status: answer.status(), headers: answer.headers() };
		},
		async look() {
			return { ...await page.evaluate(lookAtPage), contrast: await page.evaluate(lookAtContrast), said, asked };
		},
		async tree() {
			return page.locator("body").ariaSnapshot();
		},
		async wait({ text }) {
			await until(page, (t) => document.body.innerText.includes(t), text);
			return Date.now();
		},
		async press({ keys }) {
			for (const key of keys)
				await page.keyboard.press(key);
		},
		async picture({ file, whole }) {
			await page.screenshot({ path: file, fullPage: whole });
		},
	};

	for await (const line of readline.createInterface({ input: process.stdin })) {
		const order = JSON.parse(line);
		let answer;
		try {
			answer = { is: await deeds[order.deed](order) };
		} catch (error) {
			answer = { failed: String(error) };
		}
		process.stdout.write(JSON.stringify(answer) + "\n");
	}
	await browser.close();
}

main();
