// Asks for letters and digits, with a keyboard, or has them scanned.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    readonly property EnterTextContent shown: view as EnterTextContent
    title: shown.title
    lead: shown.wrong.length > 0 || Theme.wide && Theme.elder ? "" : shown.lead
    span: true
    property string typed: shown.typed
    property bool capital: false
    readonly property bool complete: typed.trim().length > 0
    // A key is as many columns wide as it stands in its row. Ten keys of the least width, as the order of
    // a typewriter needs them, have no room upright: there the letters stand in the order of the alphabet.
    readonly property list<string> rows: Theme.wide
        ? ["qwertyuiop123-⌫", "asdfghjkl:456_✕", "⇧zxcvbnm./78900"]
        : ["12345.:/", "67890-_✕", "abcdefgh", "ijklmnop", "qrstuvwx", "yz⇧⇧⇧⌫⌫⌫"]
    readonly property var names: ({ "⇧": "shift", "✕": "clear", "⌫": "erase" })

    function push(letters: string) {
        if (typed.length + letters.length <= shown.most) typed += letters
    }
    function press(key: string) {
        if (key === "shift") capital = !capital
        else if (key === "clear") typed = ""
        else if (key === "erase") typed = typed.slice(0, -1)
        else push(capital ? key.toUpperCase() : key)
    }
    function send() { if (complete) CurrentPage.answer(typed) }

    // The window keeps the page when the next step asks for words too.
    Connections {
        target: CurrentPage
        function onPageShown() {
            page.typed = page.shown.typed
            page.capital = false
        }
    }

    focus: true
    Keys.onPressed: event => {
        if (event.key === Qt.Key_Backspace) typed = typed.slice(0, -1)
        else if (event.key === Qt.Key_Return || event.key === Qt.Key_Enter) send()
        else if (event.text.length === 1 && event.text >= " " && event.text <= "~") push(event.text)
        else return
        event.accepted = true
    }

    Rectangle {
        id: box
        width: Theme.wide && wrong.visible ? (parent.width - Theme.gap) / 2 : parent.width
        height: Theme.wide ? Math.min(112, page.bodyItem.height - board.least - board.below) : 152
        radius: Theme.radius
        color: Theme.card
        border.width: 5
        border.color: page.shown.wrong.length > 0 ? Theme.red : Theme.blue
        Label {
            x: 36
            y: 4
            width: box.width - 72
            height: box.height - 8
            verticalAlignment: Text.AlignVCenter
            text: page.typed + "▏"
            font.pixelSize: 52
            font.bold: true
            fontSizeMode: Text.Fit
            minimumPixelSize: 28
            wrapMode: Text.WrapAnywhere
            Accessible.name: page.title + " " + page.typed
        }
    }
    Label {
        id: wrong
        visible: text.length > 0
        x: Theme.wide ? box.width + Theme.gap : 0
        y: Theme.wide ? 0 : box.height + 12
        width: parent.width - x
        text: page.shown.wrong
        color: Theme.red
        font.pixelSize: Theme.wide ? Theme.big(34) : Theme.row
        font.bold: true
        lineHeight: 0.9
        Accessible.role: Accessible.AlertMessage
    }
    Item {
        id: board
        readonly property int space: 24
        readonly property int columns: page.rows[0].length
        readonly property int count: page.rows.length + (Theme.wide || extra.count === 0 ? 0 : 1)
        readonly property int least: count * (Theme.least + space) - space
        readonly property int below: Theme.wide && Theme.elder ? 12 : space
        readonly property int above: Math.max(page.low, box.height + below, wrong.visible ? wrong.y + wrong.height + below : 0)
        readonly property int room: page.bodyItem.height - above
        readonly property int keyHeight: Math.min(132, Math.floor((room - (count - 1) * space) / count))
        readonly property int parts: Theme.wide ? 32 : 0   // the letters from the digits beside them
        readonly property real keyWidth: (width - (columns - 1) * space - parts) / columns
        y: above
        width: parent.width
        height: page.rows.length * (keyHeight + space)
        Repeater {
            model: Array.from(new Set(page.rows.join("")))
            PushButton {
                required property string modelData
                readonly property string key: page.names[modelData] ?? modelData
                readonly property int row: page.rows.findIndex(each => each.includes(modelData))
                readonly property int first: page.rows[row].indexOf(modelData)
                readonly property int columns: page.rows[row].lastIndexOf(modelData) - first + 1
                objectName: key
                x: first * (board.keyWidth + board.space) + (first < 10 ? 0 : board.parts)
                y: row * (board.keyHeight + board.space)
                width: columns * (board.keyWidth + board.space) - board.space
                height: board.keyHeight
                sleepy: false
                size: Math.min(44, board.keyHeight * 0.45)
                text: key !== modelData ? "" : page.capital ? key.toUpperCase() : key
                iconName: key === "erase" ? "delete" : key === "shift" ? "up" : key === "clear" ? "trash" : ""
                name: key === "erase" ? qsTr("删除") : key === "shift" ? qsTr("大写") : key === "clear" ? qsTr("清空") : text
                chosen: key === "shift" && page.capital
                onClicked: page.press(key)
            }
        }
    }
    Item {
        id: extra
        parent: Theme.wide ? before : board
        y: Theme.wide ? 0 : board.height
        width: (Theme.wide ? go.x - Theme.gap : parent.width)
        height: Theme.wide ? Theme.touch : board.keyHeight
        readonly property int count: words.count + (page.shown.scan.length > 0 ? 1 : 0)
        readonly property real each: (width - (count - 1) * board.space) / Math.max(1, count)
        Repeater {
            id: words
            model: page.shown.pieces
            PushButton {
                required property string modelData
                required property int index
                objectName: modelData
                x: index * (extra.each + board.space)
                width: extra.each
                height: extra.height
                sleepy: false
                size: 32
                text: modelData
                onClicked: page.push(modelData)
            }
        }
        PushButton {
            objectName: "scan"
            visible: page.shown.scan.length > 0
            x: (extra.count - 1) * (extra.each + board.space)
            width: extra.each
            height: extra.height
            size: 32
            iconName: words.count > 0 ? "" : "scan"
            text: page.shown.scan
            onClicked: CurrentPage.answer("scan\n" + page.typed)
        }
    }
    foot: [
        Item {
            id: before                    // wide: the pieces stand here, before the button in the order of Tab
            width: parent.width
            height: parent.height
        },
        PushButton {
            id: go
            objectName: "confirm"
            x: Theme.wide ? parent.width - width : 0
            width: Theme.wide ? 360 : parent.width
            primary: true
            available: page.complete
            text: page.shown.confirm
            onClicked: page.send()
        }
    ]
}
