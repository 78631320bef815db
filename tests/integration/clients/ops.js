// What the clients in JavaScript share: one operation after the other, and one line of JSON about each.
'use strict';

const assert = require('assert');

// settings of the cell, as harness/matrix.py gives them
const settings = JSON.parse(process.argv[2]);

// Some clients throw where nobody can catch it, and the promise that waits never ends.
function thrownElsewhere() {
	return new Promise((_, reject) => process.once('uncaughtException', reject));
}

// An operation that fails does not stop those after it.
async function op(name, action) {
	let error = null;
	const awake = setInterval(() => {}, 1000); // Testcontainers lets Node end while it waits for logs
	try {
		await Promise.race([action(), thrownElsewhere()]);
	} catch (thrown) {
		error = String(thrown.message || thrown);
	}
	clearInterval(awake);
	process.removeAllListeners('uncaughtException');
	console.log(JSON.stringify({op: name, error}));
}

async function text(stream) {
	const parts = [];
	for await (const part of stream)
		parts.push(part);
	return Buffer.concat(parts.map(part => Buffer.from(part))).toString();
}

module.exports = {assert, settings, op, text};
