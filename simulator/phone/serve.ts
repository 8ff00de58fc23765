/**
 * The phone as the browser gets it: `/phone/` is the mini-program, `/mp-api/x` the clinic's `/api/mp/x`, `/mp-site/p/x` its public
 * pages. What is passed on streams both ways, whatever it is; the simulator only carries it.
 */
import { readFile } from 'node:fs/promises'
import { request as ask, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { SimContext } from '../api/types.ts'
import { freshPhone } from './build/fresh.ts'

const PREFIX = '/phone/'
const PASSED: [string, string][] = [
  ['/mp-api/', '/api/mp/'],
  ['/mp-site/p/', '/p/'],
]
/** Between two neighbours only; the next pair makes its own. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
  'host',
  'expect',
  'origin',
  'referer',
])

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
  '.gif': 'image/gif',
}

export interface Phone {
  /** Answers what is the phone's; false for anything else, which is left untouched. */
  serve(request: IncomingMessage, response: ServerResponse, url: URL): Promise<boolean>
}

export interface PhoneDeps {
  context: () => SimContext
  /** Folder of the mini-program; this project's own if not given. */
  root?: string | undefined
}

export function createPhone({ context, root }: PhoneDeps): Phone {
  /** @throws Error of the file system */
  async function file(path: string): Promise<{ body: Buffer; type: string } | null> {
    const name = path === '' ? 'index.html' : normalize(decodeURIComponent(path))
    const type = TYPES[extname(name)]
    if (name.startsWith('..') || !type) return null
    const { folder } = await freshPhone(root)
    try {
      return { body: await readFile(join(folder, name)), type }
    } catch {
      return null
    }
  }

  async function page(path: string, response: ServerResponse): Promise<void> {
    const found = await file(path)
    if (!found) return refuse(response, 404, 'not_found', 'no such page')
    response.writeHead(200, { 'content-type': found.type, 'cache-control': 'no-store' }).end(found.body)
  }

  async function pass(request: IncomingMessage, response: ServerResponse, target: string): Promise<void> {
    const { callbacks, clock } = context()
    const { appUrl } = callbacks.targets
    if (!appUrl) return refuse(response, 503, 'no_app', 'no server has said where it is (callback-target appUrl)')
    // A person waits for the answer: time does too.
    await clock.during(`phone ${request.method} ${target.split('?')[0]}`, () =>
      carry(request, response, new URL(target, appUrl)),
    )
  }

  return {
    async serve(request, response, { pathname, search }) {
      const known = PASSED.find(([from]) => pathname.startsWith(from))
      if (known) {
        const [from, to] = known
        await pass(request, response, `${to}${pathname.slice(from.length)}${search}`)
        return true
      }
      if (pathname === PREFIX.slice(0, -1)) {
        response.writeHead(302, { location: PREFIX + search }).end()
        return true
      }
      if (!pathname.startsWith(PREFIX) || request.method !== 'GET') return false
      await page(pathname.slice(PREFIX.length), response)
      return true
    },
  }
}

/** Bytes as they come, both ways; whoever hangs up is hung up on at the other end. */
function carry(request: IncomingMessage, response: ServerResponse, target: URL): Promise<void> {
  return new Promise((resolve) => {
    const out = ask(target, { method: request.method, headers: passedOn(request.headers) })
    const stop = () => {
      out.destroy()
      resolve()
    }
    response.once('close', () => response.writableFinished || stop())
    out.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, passedOn(answer.headers))
      pipeline(answer, response).then(resolve, stop)
    })
    out.on('error', () => {
      if (response.headersSent) response.destroy()
      else refuse(response, 502, 'app_unreachable', 'the server does not answer')
      resolve()
    })
    pipeline(request, out).catch(stop)
  })
}

const passedOn = (headers: IncomingHttpHeaders): IncomingHttpHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name)))

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  response
    .writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
    .end(JSON.stringify({ error: { code, message } }))
}
