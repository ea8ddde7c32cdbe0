// A small tile of the menu: a title, and under it what the service has or why it is closed.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Templates as T
import Kiosk

T.Button {
    id: tile
    property string title
    property string hint
    property string notNow            // said by a closed tile in place of a reason that has no room
    property bool available: true
    property bool pressedLast: false
    readonly property bool lit: down || pressedLast && CurrentPage.busy
    readonly property int inner: width - 2 * 14
    // A single long word shrinks to the tile; more words stand in two lines, smaller in a low tile.
    readonly property int most: height < 130 && longest.length < title.length && full.advanceWidth > inner ? 32 : 38
    readonly property string longest: title.split(" ").reduce((one, other) => Theme.cells(other) > Theme.cells(one) ? other : one, "")
    readonly property int titleSize: Math.max(28, Math.min(most, Math.floor(38 * (inner - 4) / Math.max(1, metrics.advanceWidth))))

    enabled: available && !CurrentPage.busy
    focusPolicy: Qt.TabFocus
    activeFocusOnTab: true
    Accessible.role: Accessible.Button
    Accessible.name: title
    Accessible.description: hint
    onClicked: pressedLast = true
    Keys.onReturnPressed: if (enabled) clicked()
    Keys.onEnterPressed: if (enabled) clicked()

    TextMetrics {
        id: metrics
        font.pixelSize: 38
        font.bold: true
        text: /[^\u0000-\u00ff]/.test(tile.title) ? tile.title : tile.longest
    }
    TextMetrics {
        id: full
        font: metrics.font
        text: tile.title
    }
    background: Card {
        color: tile.lit ? Theme.blueTint : tile.available ? Theme.card : Theme.paper
        border.color: tile.activeFocus ? Theme.focus : tile.lit ? Theme.blue : tile.available ? Theme.edge : Theme.line
        border.width: tile.activeFocus ? 7 : tile.lit ? 5 : 3
    }
    contentItem: Item {
        Column {
            id: words
            readonly property real room: tile.height - 16 - name.height
            anchors.centerIn: parent
            width: tile.inner
            Label {
                id: name
                width: parent.width
                text: tile.title
                font.pixelSize: tile.titleSize
                font.bold: true
                color: tile.available ? Theme.ink : Theme.faint
                horizontalAlignment: Text.AlignHCenter
                lineHeight: 0.9
                Accessible.ignored: true
            }
            Label {
                id: under
                readonly property bool fits: words.room >= height
                width: parent.width
                visible: text.length > 0 && fits
                text: tile.hint
                font.pixelSize: Theme.small
                color: tile.available ? Theme.soft : Theme.amber
                horizontalAlignment: Text.AlignHCenter
                lineHeight: 0.9
                Accessible.ignored: true
            }
            Loader {   // made for a closed tile only: a label on every tile would cost the menu 3 ms
                active: !tile.available && !under.fits
                width: parent.width
                visible: active && words.room >= height
                sourceComponent: Label {
                    text: tile.notNow
                    font.pixelSize: Theme.small
                    color: Theme.amber
                    horizontalAlignment: Text.AlignHCenter
                    lineHeight: 0.9
                    Accessible.ignored: true
                }
            }
        }
    }
    Connections {
        target: CurrentPage
        enabled: tile.pressedLast
        function onBusyChanged() { if (!CurrentPage.busy) tile.pressedLast = false }
    }
}
