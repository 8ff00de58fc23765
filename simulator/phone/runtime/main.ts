/** The shell of the mini-program in a browser: globals, pages, `wx`. `window.__mp` is where the compiled program and tests take hold. */
import { registerBuiltins } from './builtins/index.ts'
import { type Data, type Environment, onFrameworkError, openFramework } from './framework.ts'
import { installMouse } from './mouse.ts'
import { createNavigation, targetOf } from './navigation.ts'
import { createPages } from './pages.ts'
import { type AppConfig, createShell, tell, type WindowConfig } from './shell.ts'
import { createWx } from './wx/index.ts'
import { installWxsGlobals, wxsChange, wxsConstructor, wxsEvent } from './wxs.ts'

type AppInstance = Record<string, unknown>

const { space, backend } = openFramework()
const shell = createShell(space)
const navigation = createNavigation(shell, () => pages)
const pages = createPages({
  shell,
  backend,
  goBack: () => navigation.back(1),
  goToTab: (path) => navigation.tab(`/${path}`),
})
const { wx, emit } = createWx(shell, navigation)
let app: AppInstance = {}

const launch = () => ({ path: shell.app.pages[0], query: {}, scene: 1001, referrerInfo: {} })
const tellApp = (name: string, argument: unknown) => {
  const method = app[name]
  if (typeof method === 'function') method.call(app, argument)
}

/** Behaviors that WeChat brings along are strings in a definition. */
const ownBehaviors = new Map(
  Object.entries({
    'wx://form-field': { properties: { name: String, value: null } },
    'wx://form-field-button': {},
    'wx://form-field-group': {},
    'wx://component-export': {},
  }).map(([name, definition]) => [name, space.behavior().definition(definition).register()]),
)
function withBehaviors(definition: Data): Data {
  if (!Array.isArray(definition.behaviors)) return definition
  const behaviors = definition.behaviors.map((one: unknown) => (typeof one === 'string' ? ownBehaviors.get(one) : one))
  return { ...definition, behaviors: behaviors.filter(Boolean) }
}
const registrar = (register: (definition?: Data) => unknown) => (definition?: Data) =>
  definition ? register(withBehaviors(definition)) : register()

/** What the compiled program calls. */
const program = {
  init(config: AppConfig, pageConfigs: Record<string, WindowConfig>, pageStyles: Record<string, string>): void {
    Object.assign(shell, { app: config, pageConfigs, pageStyles })
  },
  code(path: string, config: unknown, template: unknown, scope: string | undefined): void {
    space.addComponentStaticConfig(path, config)
    space.addCompiledTemplate(path, template)
    space.addStyleSheet(path, undefined, scope)
  },
  run(path: string, script: () => void): void {
    space.componentEnv(path, ({ Page, Component, Behavior }: Environment) => {
      const registrars = {
        Page: registrar(Page),
        Component: registrar(Component),
        Behavior: Object.assign(registrar(Behavior), { trait: Behavior.trait }),
      }
      Object.assign(globalThis, registrars)
      script()
    })
  },
  /** Where the address says, else at the first page. */
  start(): void {
    const wanted = location.hash.slice(1)
    const isPage = wanted !== '' && shell.pageConfigs[targetOf(shell, wanted).path] !== undefined
    navigation.relaunch(isPage ? wanted : `/${shell.app.entryPagePath ?? shell.app.pages[0]}`)
    performance.mark('mp-ready')
  },
}

/** What a test does that no `wx` call does. */
const hands = {
  pullDownRefresh(): void {
    const page = shell.top()
    if (!page) return
    page.host.classList.add('refreshing')
    tell(page, 'onPullDownRefresh')
  },
}

Object.assign(globalThis, {
  App(definition: AppInstance) {
    app = definition
    tellApp('onLaunch', launch())
    tellApp('onShow', launch())
  },
  getApp: () => app,
  getCurrentPages: () => shell.stack.map(({ inst }) => inst),
  wx,
  __wxConfig: {},
  __mp: Object.assign(shell, program, hands, { wxsEvent, wxsChange, wxsConstructor }),
})
installWxsGlobals()
registerBuiltins(space.getComponentSpace(), shell)
installMouse()

function failed(error: unknown): void {
  shell.errors.push(error instanceof Error ? (error.stack ?? error.message) : String(error))
}
onFrameworkError((error, where) => {
  failed(error)
  console.error('[mp]', error, where?.type ?? '')
  tellApp('onError', String(error))
})
addEventListener('error', (event) => event.error && failed(event.error))
addEventListener('unhandledrejection', ({ reason, promise }) => {
  failed(typeof reason === 'object' && reason !== null && 'errMsg' in reason ? reason.errMsg : reason)
  tellApp('onUnhandledRejection', { reason, promise })
})
document.addEventListener('visibilitychange', () => {
  tellApp(document.hidden ? 'onHide' : 'onShow', document.hidden ? undefined : launch())
  emit(document.hidden ? 'hide' : 'show')
})
