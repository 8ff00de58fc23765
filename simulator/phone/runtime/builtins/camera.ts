/** `camera`: what the browser's camera sees, mirrored when it looks at its owner. */
import { make } from '../dom.ts'
import { type Builder, fire, text } from './define.ts'

export function registerCamera({ define }: Builder): void {
  define('camera', {
    props: {
      mode: String,
      resolution: { type: String, value: 'medium' },
      devicePosition: { type: String, value: 'back' },
      flash: { type: String, value: 'auto' },
      frameSize: { type: String, value: 'medium' },
    },
    setUp(component, host) {
      const video = make('video', { muted: true, autoplay: true, playsInline: true })
      host.append(video)
      let stream: MediaStream | null = null
      const stop = () => {
        for (const track of stream?.getTracks() ?? []) track.stop()
      }

      async function start(position: string): Promise<void> {
        stop()
        host.toggleAttribute('front', position === 'front')
        try {
          const facingMode = position === 'front' ? 'user' : 'environment'
          stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode } })
          // The page may have gone while the person was asked.
          if (!host.isConnected) return stop()
          video.srcObject = stream
          await video.play()
          fire(component, 'initdone', { maxZoom: 1 })
        } catch (error) {
          fire(component, 'error', { errMsg: error instanceof Error ? error.message : String(error) })
        }
      }
      // Off the page, the light of the camera goes out.
      const gone = new MutationObserver(() => {
        if (host.isConnected) return
        stop()
        gone.disconnect()
      })
      gone.observe(document.body, { childList: true, subtree: true })
      return { node: video, watch: { devicePosition: (value) => void start(text(value)) } }
    },
  })
}
