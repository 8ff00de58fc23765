Component({
  relations: {
    '../item/item': {
      type: 'child',
      linked() {
        this.triggerEvent('total', this.getRelationNodes('../item/item').length)
      },
    },
  },
})
