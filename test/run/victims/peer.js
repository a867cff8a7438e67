// SPDX-License-Identifier: Apache-2.0

// peer.js client HOST PORT SUM FILE fetches from a web server and says "well";
// peer.js server HOST PORT is an echo server that tells each client the
// client's name and its own.
'use strict';
const crypto = require('crypto');
const fs = require('fs');
const http = require('http');
const net = require('net');
const [how, host, portText, sum, file] = process.argv.slice(2);
const port = Number(portText);

function check(got, want, what) {
  if (got !== want) throw new Error(`${what}: got ${got}, want ${want}`);
}

function request(agent, method, path, body) {
  return new Promise((resolve, reject) => {
    const r = http.request({host, port, path, method, agent}, (response) => {
      const parts = [];
      const {remoteAddress, remotePort, localAddress, localPort} = response.socket;
      response.on('data', (p) => parts.push(p));
      response.on('error', reject);
      response.on('end', () => resolve({
        body: Buffer.concat(parts), remote: `${remoteAddress}:${remotePort}`, local: `${localAddress}:${localPort}`,
      }));
    });
    r.on('error', reject);
    r.end(body);
  });
}

async function client() {
  const sha = (b) => crypto.createHash('sha256').update(b).digest('hex');
  const agent = new http.Agent({keepAlive: true, maxSockets: 50});
  check(sha((await request(agent, 'GET', '/file')).body), sum, 'file');
  check((await request(agent, 'PUT', '/sum', fs.readFileSync(file))).body.toString(), sum, 'sum');
  await Promise.all([...Array(100).keys()].map(async (i) => {
    const got = await request(agent, 'GET', '/small?' + i);
    check(got.body.toString(), i + ' ' + 'x'.repeat(300), 'small');
  }));
  await Promise.all([...Array(50).keys()].map(async () => {
    const got = await request(false, 'GET', '/peer');
    check(got.remote, `${host}:${port}`, 'remote');
    check(got.body.toString(), got.local, 'local');
  }));
  agent.destroy();
  console.log('well');
}

function server() {
  const s = net.createServer({allowHalfOpen: true}, (c) => {
    c.on('error', () => c.destroy());
    c.write(`${c.remoteAddress}:${c.remotePort} ${c.localAddress}:${c.localPort}\n`);
    c.pipe(c);
  });
  s.listen({host, port}, () => {
    check(s.address().port, port, 'port');
    check(s.address().address, host, 'host');
  });
}

if (how === 'client') client(); else server();
process.on('unhandledRejection', (e) => { console.error(e); process.exit(1); });
