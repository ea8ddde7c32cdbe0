// Asks for letters and digits, with a small keyboard in the order of the alphabet, or has them scanned.
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
    readonly property int columns: Theme.wide ? 15 : 8
    readonly property list<string> keys: Array.from("1234567890.:/-_abcdefghijklmnopqrstuvwxyz").concat(["shift", "clear", "erase"])

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
        height: !Theme.wide ? 152 : Theme.elder ? 80 : 112
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
        y: box.height + 12
        width: parent.width
        text: page.shown.wrong
        color: Theme.red
        font.bold: true
        lineHeight: 0.9
        Accessible.role: Accessible.AlertMessage
    }
    Item {
        id: board
        readonly property int space: 24
        readonly property int rows: Math.ceil(page.keys.length / page.columns)
        readonly property int above: Math.max(page.low, wrong.visible ? wrong.y + wrong.height + space : box.height + space)
        readonly property bool worded: !Theme.wide && words.count > 0
        readonly property int room: page.bodyItem.height - above
        readonly property int keyHeight: Math.min(132, Math.floor((room - (rows - (worded ? 0 : 1)) * space) / (rows + (worded ? 1 : 0))))
        readonly property real keyWidth: (width - (page.columns - 1) * space) / page.columns
        y: above
        width: parent.width
        height: rows * (keyHeight + space)
        Repeater {
            model: page.keys
            PushButton {
                required property string modelData
                required property int index
                readonly property bool letter: modelData.length === 1
                objectName: modelData
                x: (index % page.columns) * (board.keyWidth + board.space)
                y: Math.floor(index / page.columns) * (board.keyHeight + board.space)
                width: board.keyWidth
                height: board.keyHeight
                sleepy: false
                size: Math.min(44, board.keyHeight * 0.45)
                text: letter ? (page.capital ? modelData.toUpperCase() : modelData) : ""
                iconName: modelData === "erase" ? "delete" : modelData === "shift" ? "up" : modelData === "clear" ? "trash" : ""
                name: modelData === "erase" ? qsTr("删除") : modelData === "shift" ? qsTr("大写") : modelData === "clear" ? qsTr("清空") : text
                chosen: modelData === "shift" && page.capital
                onClicked: page.press(modelData)
            }
        }
    }
    Item {
        id: extra
        parent: Theme.wide ? before : page.bodyItem
        y: Theme.wide ? 0 : board.y + board.height
        width: (Theme.wide ? go.x - Theme.gap : parent.width)
        height: Theme.wide ? Theme.touch : board.keyHeight
        readonly property int count: words.count + (page.shown.scan.length > 0 ? 1 : 0)
        readonly property real each: (width - (count - 1) * 24) / Math.max(1, count)
        Repeater {
            id: words
            model: page.shown.pieces
            PushButton {
                required property string modelData
                required property int index
                objectName: modelData
                x: index * (extra.each + 24)
                width: extra.each
                height: extra.height
                sleepy: false
                size: 34
                text: modelData
                onClicked: page.push(modelData)
            }
        }
        PushButton {
            objectName: "scan"
            visible: page.shown.scan.length > 0
            x: (extra.count - 1) * (extra.each + 24)
            width: extra.each
            height: extra.height
            size: 34
            iconName: Theme.wide && Theme.elder ? "" : "scan"
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
