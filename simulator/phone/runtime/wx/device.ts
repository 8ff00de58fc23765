/** The phone itself: its window, its network, its make. */
import type { Shell } from '../shell.ts'
import type { Registrar } from './api.ts'

const STATUS_BAR_PX = 20
const NAV_BAR_PX = 64
const BASE_LIBRARY = '3.8.12'
type Listener = (event: unknown) => void

/** Listened to, but nothing here ever makes them happen. */
const NEVER = [
  'onThemeChange',
  'offThemeChange',
  'onError',
  'offError',
  'onUnhandledRejection',
  'offUnhandledRejection',
  'onPageNotFound',
  'offPageNotFound',
  'onWindowResize',
  'offWindowResize',
  'onKeyboardHeightChange',
  'offKeyboardHeightChange',
  'onMemoryWarning',
  'offMemoryWarning',
  'onMenuButtonBoundingClientRectWeightChange',
  'offMenuButtonBoundingClientRectWeightChange',
  'onUserCaptureScreen',
  'offUserCaptureScreen',
] as const

function windowInfo(shell: Shell) {
  const page = shell.top()
  const screenTop = page?.nav.hidden ? 0 : NAV_BAR_PX
  const { innerWidth: width, innerHeight: height } = window
  return {
    pixelRatio: devicePixelRatio,
    screenWidth: width,
    screenHeight: height,
    windowWidth: width,
    windowHeight: page?.scroller.clientHeight || height - screenTop,
    statusBarHeight: STATUS_BAR_PX,
    screenTop,
    safeArea: { left: 0, right: width, top: STATUS_BAR_PX, bottom: height, width, height: height - STATUS_BAR_PX },
  }
}

const appBase = () => ({
  SDKVersion: BASE_LIBRARY,
  version: '8.0.60',
  language: 'zh_CN',
  theme: 'light',
  host: { appId: '', env: 'WeChat' },
  enableDebug: false,
  fontSizeSetting: 16,
})
const device = () => ({
  brand: 'devtools',
  model: 'Web',
  system: 'iOS 17.0',
  platform: 'devtools',
  memorySize: 4_096,
  benchmarkLevel: 1,
  abi: '',
  cpuType: '',
})

/** Answers how the shell tells that the app was hidden or shown. */
export function registerDevice({ api, silent, plain, shell }: Registrar): (kind: 'show' | 'hide') => void {
  const system = () => ({ ...windowInfo(shell), ...appBase(), ...device() })
  const launch = () => ({ path: '', query: {}, scene: 1001, referrerInfo: {} })
  plain({
    getWindowInfo: () => windowInfo(shell),
    getAppBaseInfo: appBase,
    getDeviceInfo: device,
    getSystemInfoSync: system,
    getSystemSetting: () => ({}),
    getAppAuthorizeSetting: () => ({}),
    getMenuButtonBoundingClientRect: () => ({
      left: innerWidth - 94,
      right: innerWidth - 7,
      top: 24,
      bottom: 56,
      width: 87,
      height: 32,
    }),
    getLaunchOptionsSync: launch,
    getEnterOptionsSync: launch,
    canIUse: () => true,
    nextTick: (callback: () => void) => queueMicrotask(callback),
    getUpdateManager: () => ({ onCheckForUpdate() {}, onUpdateReady() {}, onUpdateFailed() {}, applyUpdate() {} }),
    getLogManager: () => ({ log() {}, info() {}, warn() {}, debug() {} }),
    getRealtimeLogManager: () => ({ info() {}, warn() {}, error() {}, setFilterMsg() {}, addFilterMsg() {}, in() {} }),
    ...Object.fromEntries(NEVER.map((name) => [name, () => undefined])),
  })
  api('getSystemInfo', system)
  api('getSystemInfoAsync', system)
  silent('vibrateShort', 'vibrateLong', 'setKeepScreenOn', 'openDocument', 'openLocation', 'reportEvent')

  const network = () => (navigator.onLine ? 'wifi' : 'none')
  const networkListeners = new Set<Listener>()
  for (const name of ['online', 'offline'])
    addEventListener(name, () => {
      for (const tell of networkListeners) tell({ isConnected: navigator.onLine, networkType: network() })
    })
  api('getNetworkType', () => ({ networkType: network() }))
  plain({
    onNetworkStatusChange: (listener: Listener) => networkListeners.add(listener),
    offNetworkStatusChange: (listener?: Listener) =>
      listener ? networkListeners.delete(listener) : networkListeners.clear(),
  })

  const appListeners = { show: new Set<Listener>(), hide: new Set<Listener>() }
  plain({
    onAppShow: (listener: Listener) => appListeners.show.add(listener),
    offAppShow: (listener: Listener) => appListeners.show.delete(listener),
    onAppHide: (listener: Listener) => appListeners.hide.add(listener),
    offAppHide: (listener: Listener) => appListeners.hide.delete(listener),
  })
  return (kind) => {
    for (const tell of appListeners[kind]) tell({})
  }
}
