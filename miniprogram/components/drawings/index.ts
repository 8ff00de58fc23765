/** The drawings of a guide, side by side; each caption says what its picture shows. */
Component({
  properties: {
    /** `{ caption, source }` each. */
    items: { type: Array, value: [] },
  },
})
