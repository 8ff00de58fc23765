/** The rungs: which way is taken, and what is said when one of them breaks. */
import { spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { findOnPath } from '../../../scripts/db/daemon.ts'
import { answers, fakeServer, ladder, webServer } from './support.ts'

describe('what is given', () => {
  test('a named database is used as it is, and nothing else is looked at', async () => {
    const { run, program } = ladder()
    program('mongod', '#!/bin/sh\ntouch touched\n')
    const { uri, words } = run({ MONGODB_URI: 'mongodb://db.example/clinic' })
    expect(await uri()).toBe('mongodb://db.example/clinic')
    expect(words()).toBe('')
  })

  test('production names its database, even where one could be started', async () => {
    const { folder, run, program } = ladder()
    program('mongod', fakeServer)
    const { exit, words } = run({ NODE_ENV: 'production' })
    expect(await exit).toEqual({ code: 1, signal: null })
    expect(words()).toBe('MONGODB_URI is missing: production does not look for a database by itself.\n')
    expect(readdirSync(folder)).toEqual(['bin'])
  })
})

test('nothing works: one message with every way out, and what was tried', async () => {
  const { run, program } = ladder()
  program('mongod', '#!/bin/sh\necho "cannot open the data" >&2\nexit 14\n')
  const { exit, words } = run()
  expect(await exit).toEqual({ code: 1, signal: null })
  expect(words().match(/No database could be started/g)).toHaveLength(1)
  for (const way of ['MONGODB_URI', 'install mongod', 'Python 3.10 or newer', 'npm run db:native'])
    expect(words()).toContain(way)
  expect(words()).toContain('- mongod: ended at start: exit 14 cannot open the data')
  expect(words()).toContain('- installed secantusd-py: no Python on the PATH')
  expect(words()).not.toMatch(/^\s+at /m)
})

test('a server that ends at once, or cannot even be run, leads to the next way', async () => {
  const { run, program } = ladder()
  program('mongod', '#!/bin/sh\nexit 3\n')
  program('secantusd-rs', '#!/gone/interpreter\n')
  program('secantusd-py', fakeServer)
  const { uri, words } = run()
  expect(await answers(await uri())).toBe(true)
  expect(words().split('\n')).toEqual([
    'starting mongod as a one-member replica set',
    'mongod did not start, trying the next way',
    'starting secantusd-rs',
    'secantusd-rs did not start, trying the next way',
    'starting secantusd-py',
    '',
  ])
})

test('a Python that is too old is passed over for a newer one', async () => {
  const { run, program } = ladder()
  program('python3', '#!/bin/sh\nexit 1\n')
  const { exit, words } = run()
  await exit
  expect(words()).toMatch(/python3: none is Python 3\.10 or newer/)
})

describe('mongod', () => {
  test('becomes a set of one, also with data that knows it by the port of another day', async () => {
    const { run, program } = ladder()
    program('mongod', fakeServer)
    const ports = new Set<string>()
    for (let day = 0; day < 3; day++) {
      const { uri, child, exit } = run()
      const address = await uri()
      expect(address).toMatch(/^mongodb:\/\/127\.0\.0\.1:\d+\/aftercare\?replicaSet=rs0$/)
      expect(await answers(address)).toBe(true)
      ports.add(new URL(address).port)
      child.kill('SIGTERM')
      expect(await exit).toEqual({ code: 0, signal: null })
    }
    expect(ports.size).toBeGreaterThan(1)
  })

  test('is downloaded where a host answers, and found again without it', async () => {
    const { folder, run, program, borrow } = ladder()
    // The downloader takes anything smaller for a broken file.
    program('archive/mongodb/bin/mongod', `${fakeServer}# ${randomBytes(1_500_000).toString('base64')}\n`)
    for (const name of ['tar', 'gzip']) borrow(name, findOnPath(name) ?? '')
    const packed = join(folder, 'mongodb.tgz')
    expect(spawnSync('tar', ['-czf', packed, '-C', join(folder, 'archive'), 'mongodb']).status).toBe(0)
    const asked: string[] = []
    const mirror = await webServer((request, response) => {
      asked.push(`${request.method} ${request.url}`)
      const archive = readFileSync(packed)
      const sum = `${createHash('md5').update(archive).digest('hex')}  mongodb.tgz\n`
      const body = request.url?.endsWith('.md5') ? Buffer.from(sum) : archive
      response.writeHead(200, { 'content-length': body.length }).end(request.method === 'HEAD' ? undefined : body)
    })
    const env = { MONGOMS_DOWNLOAD_MIRROR: mirror, MONGOMS_USE_HTTP: '1' }
    const first = run(env)
    expect(await answers(await first.uri())).toBe(true)
    expect(first.words()).toMatch(/asking 127\.0\.0\.1:\d+ for mongod\ndownloading mongod [\d.]+ …\nstarting mongod/)
    expect(asked.filter((line) => /^GET .*\.tgz$/.test(line))).toHaveLength(1)
    first.child.kill('SIGTERM')
    await first.exit

    const second = run()
    expect(await answers(await second.uri())).toBe(true)
    expect(second.words()).toBe('starting mongod as a one-member replica set\n')
  })

  test('a host that answers but has nothing leads to the next way', async () => {
    const { run } = ladder()
    const mirror = await webServer((_, response) => void response.writeHead(404).end())
    const { exit, words } = run({ MONGOMS_DOWNLOAD_MIRROR: mirror, MONGOMS_USE_HTTP: '1' })
    await exit
    expect(words()).toContain('- downloaded mongod: ')
    expect(words()).toContain('No database could be started')
  })
})
