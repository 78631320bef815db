// Every operation of the matrix with dockerode, on each node of the settings.
'use strict';

const fs = require('fs');
const path = require('path');
const {PassThrough, Readable} = require('stream');
const Docker = require('dockerode');
const tar = require('tar-fs');
const {assert, settings, op, text} = require('./ops');

const docker = new Docker(); // reads DOCKER_HOST
const auth = {username: settings.user, password: settings.password, serveraddress: settings.registry};

// The frames of a stream without a terminal, as the text of both outputs.
async function unframed(stream) {
	const out = new PassThrough();
	docker.modem.demuxStream(stream, out, out);
	stream.on('end', () => out.end());
	return text(out);
}

// Reads a stream of progress to its end; what it reports as an error is thrown.
function finished(stream) {
	return new Promise((resolve, reject) =>
		docker.modem.followProgress(stream, (error, lines) => error ? reject(error) : resolve(lines)));
}

async function runOnce(image, command, node) {
	const out = new PassThrough();
	const [status, container] = await docker.run(image, command, [out, out], {
		Tty: false, Env: node ? [`constraint:node==${node}`] : [],
	});
	out.end();
	await container.remove();
	return {status: status.StatusCode, output: await text(out)};
}

async function build() {
	const tag = `${settings.prefix}-built`;
	const stream = await docker.buildImage({context: settings.context, src: fs.readdirSync(settings.context)},
		{t: tag, buildargs: {greeting: 'hello'}});
	await finished(stream);
	assert.deepStrictEqual(await runOnce(tag, []), {status: 0, output: 'hello\n'});
}

async function eachNode(action) {
	for (const node of settings.nodes)
		await action(docker.getContainer(`${settings.prefix}-${node}`), node);
}

async function main() {
	await op('run', () => eachNode(async (_, node) => {
		const container = await docker.createContainer({
			Image: 'busybox', name: `${settings.prefix}-${node}`, Env: [`constraint:node==${node}`],
			Cmd: ['sh', '-c', 'echo logged; exec sleep 1000'],
		});
		await container.start();
		const listed = await docker.listContainers({filters: {id: [container.id]}});
		assert.deepStrictEqual(listed.map(entry => entry.Id), [container.id]);
	}));
	await op('run --rm', () => eachNode(async (_, node) => assert.deepStrictEqual(
		await runOnce('busybox', ['sh', '-c', 'echo out; exit 3'], node), {status: 3, output: 'out\n'})));
	await op('exec', () => eachNode(async container => {
		const exec = await container.exec({
			Cmd: ['sh', '-c', 'echo inside; exit 4'], AttachStdout: true, AttachStderr: true,
		});
		assert.strictEqual(await unframed(await exec.start({})), 'inside\n');
		assert.strictEqual((await exec.inspect()).ExitCode, 4);
	}));
	await op('logs', () => eachNode(async container => {
		const frames = await container.logs({stdout: true, follow: false});
		assert.strictEqual(await unframed(Readable.from([frames])), 'logged\n');
	}));
	await op('cp', () => eachNode(async (container, node) => {
		await container.putArchive(tar.pack(settings.context), {path: '/tmp'});
		const back = path.join(settings.context, `back-${node}`);
		const archive = await container.getArchive({path: '/tmp/Dockerfile'});
		await new Promise((resolve, reject) =>
			archive.pipe(tar.extract(back)).on('finish', resolve).on('error', reject));
		assert.deepStrictEqual(fs.readFileSync(path.join(back, 'Dockerfile')),
			fs.readFileSync(path.join(settings.context, 'Dockerfile')));
	}));
	await op('build', build);
	const name = `${settings.registry}/${settings.prefix}`;
	await op('push', async () => {
		await docker.getImage('busybox').tag({repo: name, tag: 'latest'});
		await finished(await docker.getImage(name).push({authconfig: auth}));
	});
	await op('pull', async () => {
		await docker.getImage(name).remove();
		await finished(await docker.pull(`${name}:latest`, {authconfig: auth}));
		assert.strictEqual((await runOnce(name, ['echo', 'pulled'])).output, 'pulled\n');
	});
	await eachNode(container => container.remove({force: true}));
}

main();
