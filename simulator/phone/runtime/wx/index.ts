/** `wx`: what the program and its components use of it. Any other name that is read is noted as missing. */
import type { Navigation } from '../navigation.ts'
import type { Shell } from '../shell.ts'
import { registerAccount } from './account.ts'
import { registerAnimation } from './animation.ts'
import { createRegistrar } from './api.ts'
import { createCameraContext } from './camera.ts'
import { registerDevice } from './device.ts'
import { createFiles, registerFiles } from './files.ts'
import { registerInterface, registerNavigation } from './interface.ts'
import { registerMedia } from './media.ts'
import { registerNetwork } from './network.ts'
import { registerPrivacy } from './privacy.ts'
import { registerStorage } from './storage.ts'

type Query = { createSelectorQuery(): unknown; createIntersectionObserver(options: unknown): unknown }

export function createWx(shell: Shell, navigation: Navigation) {
  const registrar = createRegistrar(shell)
  const files = createFiles(shell.person ?? '')
  const top = () => shell.top()?.inst as unknown as Query
  registerNetwork(registrar, files)
  registerFiles(registrar, files)
  registerStorage(registrar)
  registerInterface(registrar)
  registerNavigation(registrar, navigation)
  registerPrivacy(registrar)
  registerAccount(registrar)
  registerMedia(registrar, files)
  registerAnimation(registrar)
  const emit = registerDevice(registrar)
  registrar.plain({
    createCameraContext: () => createCameraContext(shell, files),
    createSelectorQuery: () => top().createSelectorQuery(),
    createIntersectionObserver: (inst: Query | undefined, options: unknown) =>
      (inst ?? top()).createIntersectionObserver(options),
  })
  return { wx: noting(registrar.wx, shell), emit }
}

/** What frameworks look for in any object is no name of `wx`. */
const NO_NAMES = new Set(['then', 'toJSON'])

const noting = (wx: Record<string, unknown>, { missing }: Shell) =>
  new Proxy(wx, {
    get(target, name) {
      if (typeof name !== 'string' || name in target) return target[name as string]
      if (/^[a-z]/.test(name) && !NO_NAMES.has(name)) missing.add(name)
      return undefined
    },
  })
