// Asks for letters and digits, with a keyboard as on a phone, or has them scanned.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    readonly property EnterTextContent shown: view as EnterTextContent
    title: shown.title
    lead: shown.wrong.length > 0 ? "" : shown.lead
    asideWidth: 600
    property string typed: shown.typed
    property bool capital: false
    readonly property bool complete: typed.trim().length > 0
    readonly property list<string> rows: Theme.wide
        ? ["1234567890✕", "qwertyuiop-", "asdfghjkl:_", "⇧zxcvbnm./⌫"]
        : ["1234567890", "qwertyuiop", "asdfghjkl", "⇧zxcvbnm⌫", "✕.:/-_"]
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
        width: parent.width
        height: Theme.wide ? Math.min(152, page.low - board.space) : 152
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
        parent: Theme.wide ? page.asideItem : page.bodyItem
        visible: text.length > 0
        y: Theme.wide ? 12 : box.height + 12
        width: parent.width
        text: page.shown.wrong
        color: Theme.red
        font.bold: true
        lineHeight: 0.9
        Accessible.role: Accessible.AlertMessage
    }
    // As on every phone: ten keys of the least width in a row. They stand closer than other buttons,
    // and upright they reach beyond the body.
    Item {
        id: board
        objectName: "keyboard"
        readonly property int space: 24
        readonly property int between: 8
        readonly property int columns: Theme.wide ? 11 : 10
        readonly property int count: page.rows.length + (Theme.wide || extra.count === 0 ? 0 : 1)
        readonly property int above: Theme.wide ? page.low : Math.max(page.low, wrong.visible ? wrong.y + wrong.height + space : box.height + space)
        readonly property int room: page.bodyItem.height - above
        readonly property int keyHeight: Math.min(132, Math.floor((room - (count - 1) * space) / count))
        readonly property real keyWidth: (width - (columns - 1) * between) / columns
        x: (parent.width - width) / 2
        y: above
        width: Theme.wide ? parent.width : 10 * Theme.least + 9 * between
        height: page.rows.length * (keyHeight + space)
        Repeater {
            model: page.rows
            Row {
                id: line
                required property string modelData
                required property int index
                readonly property int count: modelData.length
                readonly property int named: Array.from(modelData).filter(key => key in page.names).length
                // Named keys take what the letters leave of their row; the keys of the few signs are wider.
                readonly property real letter: count > 6 ? board.keyWidth : (board.width - (count - 1) * spacing) / count
                readonly property real rest: board.width - (count - named) * (letter + spacing) - (named - 1) * spacing
                x: (board.width - width) / 2
                y: index * (board.keyHeight + board.space)
                spacing: board.between
                Repeater {
                    model: Array.from(line.modelData)
                    PushButton {
                        required property string modelData
                        readonly property string key: page.names[modelData] ?? ""
                        objectName: key || modelData
                        width: key ? line.rest / line.named : line.letter
                        height: board.keyHeight
                        sleepy: false
                        size: Math.min(44, board.keyHeight * 0.45)
                        text: key ? "" : page.capital ? modelData.toUpperCase() : modelData
                        iconName: key === "erase" ? "delete" : key === "shift" ? "up" : key === "clear" ? "trash" : ""
                        name: key === "erase" ? qsTr("删除") : key === "shift" ? qsTr("大写") : key === "clear" ? qsTr("清空") : text
                        chosen: key === "shift" && page.capital
                        onClicked: page.press(objectName)
                    }
                }
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
        readonly property int between: Theme.wide ? 24 : board.between
        readonly property real each: (width - (count - 1) * between) / Math.max(1, count)
        Repeater {
            id: words
            model: page.shown.pieces
            PushButton {
                required property string modelData
                required property int index
                objectName: modelData
                x: index * (extra.each + extra.between)
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
            x: (extra.count - 1) * (extra.each + extra.between)
            width: extra.each
            height: extra.height
            size: 32
            iconName: Theme.elder && words.count > 0 ? "" : "scan"
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
