// What the clients in JavaScript share: one operation after the other, and one line of JSON about each.
'use strict';

const assert = require('assert');

// settings of the cell, as harness/matrix.py gives them
const settings = JSON.parse(process.argv[2]);

// An operation that fails does not stop those after it.
async function op(name, action) {
	let error = null;
	try {
		await action();
	} catch (thrown) {
		error = String(thrown.message || thrown);
	}
	console.log(JSON.stringify({op: name, error}));
}

async function text(stream) {
	const parts = [];
	for await (const part of stream)
		parts.push(part);
	return Buffer.concat(parts.map(part => Buffer.from(part))).toString();
}

module.exports = {assert, settings, op, text};
