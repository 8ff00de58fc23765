/** Whose address a request comes from: the peer's, or what a proxy that we trust says of it. */
import type { IncomingMessage } from 'node:http'
import { BlockList, isIP, isIPv4 } from 'node:net'

export type AddressOf = (request: Pick<IncomingMessage, 'socket' | 'headers'>) => string

const IPV6_GROUPS = 8
/** A provider gives a household or a server at least this much: its addresses count as one. */
const NETWORK_GROUPS = 4

/** Whether a text is an address or a network like `10.0.0.0/8`. */
export function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/')
  const kind = isIP(address)
  return (
    kind > 0 &&
    rest.length === 0 &&
    (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (kind === 4 ? 32 : 128)))
  )
}

/** The address that callers are counted by: IPv4 as it is, IPv6 by its /64 network. */
export function networkOf(address: string): string {
  const plain = plainAddress(address)
  if (isIPv4(plain) || isIP(plain) === 0) return plain
  const [head = '', tail] = plain.split('%')[0]?.split('::') ?? []
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const missing = tail === undefined ? 0 : Math.max(0, IPV6_GROUPS - left.length - right.length)
  const groups = [...left, ...Array<string>(missing).fill('0'), ...right]
  return `${groups
    .slice(0, NETWORK_GROUPS)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}

// A socket that listens on both families shows IPv4 peers in IPv6 form.
const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '')

/**
 * `trusted` are the addresses or networks of our own proxies. `X-Forwarded-For` is read from its end, as long as the one
 * who wrote the entry is trusted; what a stranger puts there counts for nothing.
 */
export function createAddressOf(trusted: readonly string[]): AddressOf {
  const proxies = new BlockList()
  for (const entry of trusted) {
    const [address = '', bits] = entry.split('/')
    const family = isIPv4(address) ? 'ipv4' : 'ipv6'
    proxies.addSubnet(address, Number(bits ?? (family === 'ipv4' ? 32 : 128)), family)
  }
  const isTrusted = (address: string) => isIP(address) > 0 && proxies.check(address, isIPv4(address) ? 'ipv4' : 'ipv6')

  return ({ socket, headers }) => {
    let address = plainAddress(socket.remoteAddress ?? '')
    const said = String(headers['x-forwarded-for'] ?? '').split(',')
    while (isTrusted(address) && said.length > 0) {
      const next = plainAddress(said.pop()?.trim() ?? '')
      if (isIP(next) === 0) break
      address = next
    }
    return networkOf(address)
  }
}
