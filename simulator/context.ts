/** One world with everything that keeps its state, and the APIs that serve it. */
import { createCardBook } from './api/cards.ts'
import { contactWayApis, createContactWays } from './api/contact-ways.ts'
import { contactApis } from './api/contacts.ts'
import { createContentCheckApis } from './api/content-checks.ts'
import { createCorpTags } from './api/corp-tags.ts'
import { customerGroupApis } from './api/customer-groups.ts'
import { externalApis } from './api/external.ts'
import { createGrants } from './api/grants.ts'
import { kfApis } from './api/kf.ts'
import { createKfAccounts } from './api/kf-accounts.ts'
import { createKfDesk } from './api/kf-desk.ts'
import { createLimits } from './api/limits.ts'
import { massApis } from './api/mass.ts'
import { createMassBook } from './api/mass-book.ts'
import { createMediaApis, miniProgramMediaApis } from './api/media.ts'
import { createMediaStore } from './api/media-store.ts'
import { createMessageApis } from './api/messages.ts'
import { createMiniChat, miniChatApis } from './api/mini-chat.ts'
import { createMiniLinkApis } from './api/mini-links.ts'
import { miniSessionApis } from './api/mini-sessions.ts'
import { createRobot, robotApis } from './api/robot.ts'
import { createSignIn, signInApis } from './api/sign-in.ts'
import { miniProgramApis } from './api/subscribe.ts'
import { tagApis } from './api/tag-apis.ts'
import { miniProgramTokenApis, tokenApis } from './api/token-apis.ts'
import { createTokens } from './api/tokens.ts'
import { createTransfers, transferApis } from './api/transfers.ts'
import type { Api, SimContext } from './api/types.ts'
import { createWelcomes, welcomeApis } from './api/welcomes.ts'
import { type CallbackTargets, createCallbacks } from './callbacks.ts'
import { createCounters } from './counters.ts'
import type { Faults } from './faults.ts'
import { createReplies } from './replies.ts'
import { createWorld, type Organisation } from './state.ts'

export interface ContextDeps extends Pick<SimContext, 'clock' | 'bus' | 'ledger' | 'sentEvents'> {
  seed: number
  customers: number
  staff: number
  organisation?: Organisation | undefined
  faults: Faults
  targets: CallbackTargets
}

export function createContext(deps: ContextDeps): SimContext {
  const { seed, customers, staff, organisation, clock, bus, ledger, faults, targets, sentEvents } = deps
  const world = createWorld({ seed, customers, staff, organisation })
  const kfAccounts = createKfAccounts(world)
  const context: SimContext = {
    world,
    clock,
    bus,
    ledger,
    counters: createCounters(seed),
    callbacks: createCallbacks({ world, clock, faults, bus, targets }),
    tokens: createTokens(seed),
    cards: createCardBook(seed),
    kf: createKfDesk(world, kfAccounts),
    kfAccounts,
    grants: createGrants(seed),
    limits: createLimits(),
    media: createMediaStore(seed),
    tags: createCorpTags(seed),
    ways: createContactWays(world),
    welcomes: createWelcomes(seed),
    mass: createMassBook(),
    transfers: createTransfers(),
    signIn: createSignIn(seed),
    robot: createRobot(seed),
    miniChat: createMiniChat(),
    replies: { accepted: 0, refused: 0, lastRefusal: null },
    recalled: new Set(),
    sentEvents,
    permissions: { contacts: true, external: true, kf: true },
  }
  context.callbacks.onReply(createReplies(context, context.replies))
  return context
}

const byPath = (apis: readonly Api[]) => new Map(apis.map((api) => [api.path, api]))

export const wecomApis = (): Map<string, Api> =>
  byPath([
    ...tokenApis,
    ...contactApis,
    ...externalApis,
    ...tagApis,
    ...contactWayApis,
    ...welcomeApis,
    ...massApis,
    ...transferApis,
    ...customerGroupApis,
    ...signInApis,
    ...robotApis,
    ...createMediaApis(),
    ...createMessageApis(),
    ...kfApis,
  ])
export const wechatApis = (seed: number): Map<string, Api> =>
  byPath([
    ...miniProgramTokenApis,
    ...miniProgramApis,
    ...miniSessionApis,
    ...miniProgramMediaApis,
    ...miniChatApis,
    ...createMiniLinkApis(seed),
    ...createContentCheckApis(seed),
  ])
