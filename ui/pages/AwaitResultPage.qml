// 结果确认中: calm words, the code to quote, and what the citizen can do meanwhile.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    readonly property AwaitResultContent shown: view as AwaitResultContent
    actions: shown.actions
    leave: shown.free
    asideWidth: 700
    property int seconds: 0
    readonly property bool scanned: !Theme.wide && shown.rows.length > 0 && !(Theme.elder && Theme.lowered)
    function begin() { seconds = shown.seconds }
    onShownChanged: begin()
    Timer {
        interval: 1000
        repeat: true
        running: page.seconds > 1 && Theme.motion
        onTriggered: page.seconds -= 1
    }
    aside: Column {
        id: lead
        width: parent.width
        spacing: 20
        Row {
            width: parent.width
            spacing: 28
            Rectangle {
                id: sign
                width: Theme.wide || Theme.elder ? 96 : 132
                height: width
                radius: width / 2
                color: Theme.amberTint
                Icon { anchors.centerIn: parent; name: "clock"; color: Theme.amber; size: parent.width * 0.58 }
            }
            Column {
                width: parent.width - sign.width - 28
                anchors.verticalCenter: parent.verticalCenter
                spacing: 4
                Label {
                    width: parent.width
                    text: page.shown.title
                    font.pixelSize: Theme.cells(text) > 20 ? Theme.big(46) : Theme.title
                    font.bold: true
                    lineHeight: 0.85
                    Accessible.role: Accessible.Heading
                }
                Label {
                    width: parent.width
                    text: page.shown.lead
                    font.pixelSize: Theme.lead
                    color: Theme.soft
                    lineHeight: 0.95
                }
            }
        }
    }
    Item {
        id: scan
        // Upright, beside the code to quote; wide, under the title, where it has room there.
        parent: Theme.wide ? page.asideItem : quote
        visible: page.shown.rows.length > 0 && (Theme.wide ? page.asideHeight >= lead.height + 32 + height : page.scanned)
        x: Theme.wide ? sign.width + 28 : parent.width - width - Theme.inset
        y: Theme.wide ? lead.height + 32 : (parent.height - height) / 2
        width: Math.max(picture.width, 240)
        height: picture.height + told.height + 4
        QrCode {
            id: picture
            rows: page.shown.rows
            room: 200
            x: Theme.wide ? 0 : (parent.width - width) / 2
            Accessible.name: page.shown.scan
        }
        Label {
            id: told
            y: picture.height + 4
            width: parent.width
            horizontalAlignment: Theme.wide ? Text.AlignLeft : Text.AlignHCenter
            text: page.shown.scan
            color: Theme.soft
            font.pixelSize: 28
            lineHeight: 0.9
        }
    }
    Turning {
        id: list
        anchors.fill: parent
        of: page.view
        Note {
            width: list.blockWidth
            text: page.shown.note
            tone: "plain"
            icon: "info"
        }
        Item {
            id: quote
            readonly property bool tied: true
            readonly property bool wanted: page.shown.code.length > 0
            width: list.blockWidth
            height: Math.max(code.height, page.scanned ? scan.height : 0) + 2 * 16
            Column {
                id: code
                x: Theme.inset
                y: (parent.height - height) / 2
                width: (page.scanned ? scan.x - 24 : parent.width - x) - x
                Label {
                    width: parent.width
                    text: page.shown.codeLabel
                    color: Theme.soft
                    font.pixelSize: Theme.hint
                    lineHeight: 0.9
                    Accessible.ignored: true
                }
                Label {
                    width: parent.width
                    text: page.shown.code
                    font.pixelSize: Theme.elder ? 76 : 68
                    font.bold: true
                    wrapMode: Text.NoWrap
                    lineHeight: 0.95
                    Accessible.name: page.shown.codeLabel + " " + text
                }
                Label {
                    width: parent.width
                    text: page.shown.under
                    color: Theme.soft
                    font.pixelSize: Theme.hint
                    lineHeight: 0.9
                }
            }
        }
        Repeater {
            model: page.shown.advice
            Item {
                id: entry
                required property AdvicePart modelData
                required property int index
                readonly property bool tied: true
                readonly property string text: index === 0 && page.shown.asks.length > 0 ? page.shown.asks.arg(page.seconds) : modelData.text
                width: list.blockWidth
                height: words.height + 2 * 20
                Rectangle { visible: entry.index > 0 || quote.wanted; x: Theme.inset; width: parent.width - 2 * x; height: Theme.hair; color: Theme.line }
                Column {
                    id: words
                    x: Theme.inset
                    y: 20
                    width: parent.width - 2 * x
                    spacing: 2
                    Label { width: parent.width; text: entry.modelData.title; font.bold: true; lineHeight: 0.9 }
                    Label { width: parent.width; text: entry.text; color: Theme.soft; font.pixelSize: Theme.hint; lineHeight: 0.92 }
                }
            }
        }
    }
}
