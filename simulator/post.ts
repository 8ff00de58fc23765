/** One POST to a server of the clinic's, as WeCom sends it: no redirects followed, connections kept, a limit for the whole. */
import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { text } from 'node:stream/consumers'

const agents = { 'http:': new HttpAgent({ keepAlive: true }), 'https:': new HttpsAgent({ keepAlive: true }) }

export interface Answer {
  status: number
  body: string
}

/** @throws Error when there is no whole answer in time */
export function post(url: string, type: string, body: string, timeoutMs: number): Promise<Answer> {
  const target = new URL(url)
  const isSecure = target.protocol === 'https:'
  const headers = { 'content-type': type, 'content-length': Buffer.byteLength(body) }
  const agent = isSecure ? agents['https:'] : agents['http:']
  return new Promise((resolve, reject) => {
    const request = (isSecure ? httpsRequest : httpRequest)(target, { method: 'POST', agent, headers }, (response) => {
      text(response).then((said) => resolve({ status: response.statusCode ?? 0, body: said }), reject)
    })
    const limit = setTimeout(() => request.destroy(new Error('no answer in time')), timeoutMs)
    request.on('close', () => clearTimeout(limit))
    request.on('error', reject)
    request.end(body)
  })
}
