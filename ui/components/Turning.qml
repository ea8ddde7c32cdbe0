// Blocks, one below the other. Where they do not fit, they lie on sheets that a turner turns; a block
// is never cut.
//
// A block with ``wanted: false`` is left out. Neighbouring blocks with ``tied: true`` share a card.
pragma ComponentBehavior: Bound
import QtQuick

Item {
    id: turning
    default property alias blocks: holder.data
    property int sheet: 0
    property int spacing: 0               // between blocks
    property bool carded: true            // tied blocks lie on a card
    property bool beside: Theme.wide      // the turner stands at the right, otherwise below
    property bool low: false              // the blocks lie at the bottom of the height
    readonly property int sheets: plan.sheets
    readonly property int padding: 12
    readonly property int used: plan.used
    property QtObject of                  // the content: for another content the blocks are laid out anew
    // Whether the blocks leave room for the turner. Set once for each content: a binding would depend on
    // itself, because the blocks' width changes their heights, and with these the number of sheets.
    property bool narrow: false
    readonly property int blockWidth: width - (narrow && beside ? turner.width + 24 : 0)

    readonly property var plan: {
        const all = measure(height)
        return all.sheets === 1 || beside ? all : measure(height - 104 - Theme.gap)
    }
    // Finds the sheet and the place of each block from the heights of all blocks.
    function measure(room) {
        const places = []
        const cards = []
        let at = 0, on = 0, used = 0, last = null
        for (let i = 0; i < holder.children.length; ++i) {
            const block = holder.children[i]
            const tall = block.height
            if (tall <= 0 || block.wanted === false) continue
            const tied = carded && block.tied === true
            const pad = tied ? padding : 0
            let before = last === null ? pad : tied && last.tied ? spacing : last.pad + Theme.gap + pad
            if (last !== null && !tied && !last.tied && !carded) before = spacing
            if (last !== null && at + before + tall + pad > room && room > 0) {
                on += 1
                at = 0
                before = pad
                last = null
            }
            const top = at + before
            places.push({ "block": block, "sheet": on, "y": top })
            if (tied) {
                const card = cards[cards.length - 1]
                if (last !== null && last.tied) card.height = top + tall + padding - card.y
                else cards.push({ "sheet": on, "y": top - padding, "height": tall + 2 * padding })
            }
            at = top + tall
            used = Math.max(used, at + pad)
            last = { "tied": tied, "pad": pad }
        }
        return { "places": places, "cards": cards, "sheets": on + 1, "used": used }
    }
    function place() {
        if (sheet >= plan.sheets) sheet = plan.sheets - 1
        for (const block of holder.children)
            if (block.wanted === false) block.visible = false
        for (const one of plan.places) {
            one.block.y = one.y
            one.block.visible = one.sheet === sheet
        }
    }
    onPlanChanged: { place(); Qt.callLater(settle) }
    onOfChanged: begin()
    onWidthChanged: begin()
    onHeightChanged: begin()
    function begin() { narrow = false; Qt.callLater(settle) }
    function settle() { if (plan.sheets > 1) narrow = true }
    onSheetChanged: place()
    Component.onCompleted: place()
    Connections {
        target: Theme
        function onScaleChanged() { turning.begin() }
    }

    Repeater {
        model: turning.plan.cards
        Card {
            required property var modelData
            visible: modelData.sheet === turning.sheet
            y: holder.y + modelData.y
            width: holder.width
            height: modelData.height
        }
    }
    Item {
        id: holder
        width: turning.blockWidth
        height: turning.used
        y: turning.low ? turning.height - turning.used - (turner.visible && !turning.beside ? 104 + Theme.gap : 0) : 0
    }
    Turner {
        id: turner
        visible: turning.plan.sheets > 1
        sheet: turning.sheet
        sheets: turning.plan.sheets
        upright: turning.beside
        x: turning.beside ? turning.width - width : (turning.width - width) / 2
        y: turning.height - height
        onTurned: to => turning.sheet = to
    }
}
