/** The API for clinic systems as the demo's clinic calls it. */
import type { Claim } from '../../simulator/audit/judge.ts'

/** What the API refused, with its stable code and its sentence in Chinese. */
export class ClinicApiError extends Error {
  readonly status: number
  readonly code: string
  readonly sentence: string
  constructor(request: string, status: number, { code = '', message = '' }: { code?: string; message?: string }) {
    super(`${request} answers ${status}: ${code} ${message}`)
    this.status = status
    this.code = code
    this.sentence = message
  }
}

export interface ClinicApi {
  /** @throws ClinicApiError */
  call(
    method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
  ): Promise<Record<string, unknown>>
}

export function createClinicApi(base: string, key: string): ClinicApi {
  return {
    async call(method, path, body) {
      const response = await fetch(`${base}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${key}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const answer = (await response.json()) as Record<string, unknown>
      if (!response.ok) throw new ClinicApiError(`${method} ${path}`, response.status, answer.error ?? {})
      return answer
    },
  }
}

const MAX_PAGES = 10_000

/** A whole list, page by page. */
export async function fetchAll<T>(api: ClinicApi, path: string): Promise<T[]> {
  const all: T[] = []
  let cursor: string | null = null
  for (let page = 0; page < MAX_PAGES; page++) {
    const paging = `limit=200${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`
    const answer = await api.call('GET', `${path}${path.includes('?') ? '&' : '?'}${paging}`)
    all.push(...(answer.items as T[]))
    cursor = (answer.nextCursor as string | null) ?? null
    if (!cursor) return all
  }
  throw new Error(`the list ${path} does not end`)
}

/** What the server says became of every step. */
export const fetchClaims = (api: ClinicApi): Promise<Claim[]> => fetchAll<Claim>(api, '/api/v1/promises')
