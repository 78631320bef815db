// Every operation of the matrix that Testcontainers for Node has, on each node of the settings.
'use strict';

const {GenericContainer, PullPolicy, Wait} = require('testcontainers');
const {assert, settings, op, text} = require('./ops');

function logging(image, message) {
	return new GenericContainer(image).withWaitStrategy(Wait.forLogMessage(message));
}

function startOn(node) {
	return logging('busybox', 'logged')
		.withName(`${settings.prefix}-${node}`)
		.withEnvironment({'constraint:node=': node})
		.withExposedPorts(80)
		.withCommand(['sh', '-c', 'echo logged; exec httpd -f -p 80'])
		.start();
}

async function build(buildkit) {
	let file = GenericContainer.fromDockerfile(settings.context).withBuildArgs({greeting: 'hello'});
	if (buildkit)
		file = file.withBuildkit();
	const image = await file.build(`${settings.prefix}-${buildkit ? 'kit' : 'classic'}`, {deleteOnExit: false});
	const container = await image.withWaitStrategy(Wait.forLogMessage('hello')).start();
	await container.stop();
}

async function main() {
	const started = [];
	await op('run', async () => {
		for (const node of settings.nodes) {
			started.push(await startOn(node));
			assert.ok(started.at(-1).getMappedPort(80) > 0);
		}
	});
	await op('exec', async () => {
		assert.ok(started.length);
		for (const container of started) {
			const {output, exitCode} = await container.exec(['sh', '-c', 'echo inside; exit 4']);
			assert.deepStrictEqual({output, exitCode}, {output: 'inside\n', exitCode: 4});
		}
	});
	await op('logs', async () => {
		assert.ok(started.length);
		for (const container of started) {
			const stream = await container.logs();
			const line = await new Promise(resolve => stream.once('data', resolve));
			stream.destroy();
			assert.strictEqual(String(line).trim(), 'logged');
		}
	});
	await op('cp', async () => {
		assert.ok(started.length);
		for (const container of started) {
			await container.copyContentToContainer([{content: 'copied', target: '/tmp/file'}]);
			assert.match(await text(await container.copyArchiveFromContainer('/tmp/file')), /^file\0.*copied/s);
		}
	});
	await op('build', () => build(false));
	await op('buildkit', () => build(true));
	await op('pull', async () => {
		const container = await logging(settings.image, 'pulled')
			.withPullPolicy(PullPolicy.alwaysPull())
			.withCommand(['echo', 'pulled'])
			.start();
		await container.stop();
	});
	for (const container of started)
		await container.stop({timeout: 0});
}

main().then(() => process.exit(0)); // what it left open does not keep us
