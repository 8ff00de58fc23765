/** The components that WeChat brings along, over plain DOM. */

import type { Shell } from '../shell.ts'
import { registerBasics } from './basics.ts'
import { registerCamera } from './camera.ts'
import { registerChoices } from './choices.ts'
import { type Builder, type Define, definitionOf } from './define.ts'
import { registerForms } from './forms.ts'
import { registerMedia } from './media.ts'
import { registerPicker } from './picker.ts'
import { registerPickerView } from './picker-view.ts'
import { registerScrolling } from './scrolling.ts'
import { registerTextFields } from './text-fields.ts'

interface Space {
  defineComponent(definition: ReturnType<typeof definitionOf>): unknown
  setGlobalUsingComponent(tag: string, definition: unknown): void
}

export function registerBuiltins(space: Space, shell: Shell): void {
  const define: Define = (tag, builtIn = {}) =>
    space.setGlobalUsingComponent(tag, space.defineComponent(definitionOf(tag, builtIn)))
  const builder: Builder = { define, shell }
  const rooms = [
    registerBasics,
    registerForms,
    registerTextFields,
    registerChoices,
    registerScrolling,
    registerMedia,
    registerCamera,
    registerPicker,
    registerPickerView,
  ]
  for (const register of rooms) register(builder)
}
