/** Pictures, films, sound, and the canvas. */
import { make } from '../dom.ts'
import type { Component } from '../framework.ts'
import { addressInPhone, addressOfFile, isLastingFile } from '../wx/addresses.ts'
import { type Builder, fire, text } from './define.ts'

export function registerMedia({ define }: Builder): void {
  define('image', {
    props: {
      src: String,
      mode: { type: String, value: 'scaleToFill' },
      lazyLoad: Boolean,
      webp: Boolean,
      showMenuByLongpress: Boolean,
    },
    setUp(component, host) {
      const picture = make('img', { alt: '', draggable: false })
      host.append(picture)
      picture.addEventListener('load', () => {
        const { naturalWidth: width, naturalHeight: height } = picture
        fire(component, 'load', { width, height })
        if (component.data.mode === 'widthFix') host.style.height = 'auto'
      })
      picture.addEventListener('error', () => fire(component, 'error', { errMsg: 'load fail' }))
      return {
        watch: {
          src(value) {
            const source = text(value)
            if (isLastingFile(source))
              void addressOfFile(source).then((address) => {
                if (component.data.src === source) picture.src = address
              })
            else if (value) picture.src = sourceOf(component, source)
            else picture.removeAttribute('src')
          },
          mode: (value) => host.setAttribute('mode', text(value)),
          ariaLabel: (value) => {
            picture.alt = text(value)
          },
        },
      }
    },
  })
  define('cover-image', {
    props: { src: String },
    setUp(component, host) {
      const picture = make('img', { alt: '' })
      host.append(picture)
      return {
        watch: {
          src: (value) => {
            picture.src = sourceOf(component, text(value))
          },
        },
      }
    },
  })
  for (const tag of ['video', 'audio'] as const)
    define(tag, {
      props: { src: String, controls: { type: Boolean, value: true }, autoplay: Boolean, poster: String },
      setUp(component, host) {
        const player = make(tag, { controls: true })
        host.append(player)
        return {
          watch: {
            src(value) {
              if (value) player.src = sourceOf(component, text(value))
            },
          },
        }
      },
    })
  define('canvas', {
    props: { type: String, canvasId: String, disableScroll: Boolean },
    setUp(_, host) {
      const node = make('canvas')
      host.append(node)
      return { node }
    },
  })
}

/** Paths are from the root of the program, or from the component that names them. */
function sourceOf(component: Component, source: string): string {
  if (/^(data:|blob:)/.test(source)) return source
  if (/^(https?:)?\/\//.test(source)) return addressInPhone(source)
  if (source.startsWith('/mp-')) return source
  if (source.startsWith('/')) return source.slice(1)
  const owner = component.ownerShadowRoot?.getHostNode().is ?? ''
  return new URL(source, `http://x/${owner}`).pathname.slice(1)
}
