// What is live on an open page: parts that have changed, ages, and the end of a log.
"use strict";
(() => {
	const live = document.getElementById("live");
	const log = document.getElementById("log");
	const LOG_LINES = 200, LOG_CHARS = 65536, SILENCE_MS = 15000, AGAIN_MS = 5000;
	let skew = Date.parse(document.getElementById("now").dateTime) - Date.now();
	let sources = [], heard = Date.now();

	// By the rule of page/frame.c.
	function age(seconds) {
		if (seconds < 60)
			return `${seconds} s ago`;
		if (seconds < 3600)
			return `${Math.floor(seconds / 60)} min ago`;
		if (seconds < 48 * 3600)
			return `${Math.floor(seconds / 3600)} h ago`;
		return `${Math.floor(seconds / 86400)} days ago`;
	}

	function showAges(within) {
		for (const time of within.querySelectorAll("time:not(#now)")) {
			const ms = Date.now() + skew - Date.parse(time.dateTime);
			const text = age(Math.max(0, Math.floor(ms / 1000)));
			if (time.textContent !== text)
				time.textContent = text;
		}
	}

	// Who reads with the keyboard stays where they are.
	function replace(id, markup) {
		const old = document.getElementById(id);
		if (!old)
			return;
		const within = old.contains(document.activeElement) ? document.activeElement : null;
		const href = within && within.getAttribute("href");
		old.outerHTML = markup;
		const now = document.getElementById(id);
		showAges(now);
		if (href)
			now.querySelector(`a[href="${CSS.escape(href)}"]`)?.focus();
	}

	function take(message) {
		const at = message.data.indexOf("\n");
		replace(message.data.slice(0, at), message.data.slice(at + 1));
	}

	function hear(message) {
		heard = Date.now();
		skew = Number(message.data) - heard;
		const now = document.getElementById("now");
		now.dateTime = new Date(heard + skew).toISOString().slice(0, 19) + "Z";
		now.textContent = now.dateTime;
		tell();
	}

	function addLog(message) {
		const follows = log.scrollTop + log.clientHeight >= log.scrollHeight - 4;
		log.insertAdjacentHTML("beforeend", message.data + "\n");
		let text = log.textContent;
		const lines = text.split("\n");
		if (lines.length > LOG_LINES + 1 || text.length > LOG_CHARS) {
			text = lines.slice(-LOG_LINES - 1).join("\n").slice(-LOG_CHARS);
			log.textContent = text;
		}
		if (follows)
			log.scrollTop = log.scrollHeight;
	}

	function open(path, hearers) {
		const source = new EventSource(path);
		for (const [name, hearer] of Object.entries(hearers))
			source.addEventListener(name, hearer);
		source.addEventListener("error", () => {
			// Refused: the browser does not try again by itself.
			if (source.readyState === EventSource.CLOSED)
				setTimeout(restart, AGAIN_MS);
		});
		sources.push(source);
	}

	function close() {
		for (const source of sources)
			source.close();
		sources = [];
	}

	// A page that nobody looks at costs nothing.
	function restart() {
		close();
		if (document.hidden)
			return;
		open(document.body.dataset.live, { part: take, now: hear });
		if (log)
			open(log.dataset.log, {
				begin: () => { log.textContent = ""; },
				lines: addLog,
				note: (message) => {
					document.getElementById("log-note").innerHTML = message.data;
				},
			});
	}

	function tell() {
		const text = Date.now() - heard > SILENCE_MS ?
			"Not live: the manager does not answer, the page shows what was." : "Live";
		live.className = text === "Live" ? "good" : "bad";
		if (live.textContent !== text)
			live.textContent = text;
	}

	document.addEventListener("visibilitychange", restart);
	setInterval(() => { showAges(document); tell(); }, 1000);
	restart();
})();
