// A grid of fields to press: each turns green where a finger was, also in passing.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    readonly property TouchTestContent shown: view as TouchTestContent
    title: shown.title
    lead: shown.lead
    span: true
    actions: shown.actions
    readonly property int columns: Theme.wide ? 10 : 6
    readonly property int rows: Theme.wide ? 5 : 8
    property list<bool> pressed

    function press(x, y) {
        const column = Math.floor(x * columns / grid.width)
        const row = Math.floor(y * rows / grid.height)
        if (column < 0 || column >= columns || row < 0 || row >= rows) return
        const now = pressed.slice()
        now[row * columns + column] = true
        pressed = now
    }
    Item {
        id: grid
        anchors.fill: parent
        Repeater {
            model: page.columns * page.rows
            Rectangle {
                required property int index
                readonly property bool hit: page.pressed[index] === true
                x: (index % page.columns) * grid.width / page.columns
                y: Math.floor(index / page.columns) * grid.height / page.rows
                width: grid.width / page.columns
                height: grid.height / page.rows
                color: hit ? Theme.jadeTint : Theme.card
                border.width: hit ? 5 : 2
                border.color: hit ? Theme.jade : Theme.edge
            }
        }
        MouseArea {
            anchors.fill: parent
            Accessible.ignored: true
            onPressed: mouse => page.press(mouse.x, mouse.y)
            onPositionChanged: mouse => page.press(mouse.x, mouse.y)
        }
    }
}
