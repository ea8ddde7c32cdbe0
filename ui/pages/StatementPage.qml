// One number that matters, the state, the facts around it, and ways on.
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    pressable: false
    readonly property var rows: view.rows || []
    readonly property var actions: view.actions || []

    Rectangle {
        id: hero
        parent: Theme.wide ? page.asideItem : page.bodyItem
        y: Theme.wide ? 20 : 0
        width: parent.width
        height: heroWords.height + 2 * 40
        radius: Theme.radius
        color: Theme.blue
        Column {
            id: heroWords
            x: Theme.inset
            y: 40
            width: parent.width - 2 * Theme.inset
            spacing: 4
            Item {
                width: parent.width
                height: 96
                Label {
                    anchors.verticalCenter: parent.verticalCenter
                    width: parent.width - eye.width - 16
                    text: page.view.label || ""
                    color: Theme.whiteSoft
                    fontSizeMode: Text.HorizontalFit
                    minimumPixelSize: 28
                    wrapMode: Text.NoWrap
                }
                Chip {
                    id: eye
                    objectName: "eye"
                    anchors { right: parent.right; rightMargin: -12; verticalCenter: parent.verticalCenter }
                    inverse: true
                    text: page.view.eye || ""
                    iconName: page.view.revealed ? "eye-off" : "eye"
                    onClicked: Bridge.toggleNumbers()
                }
            }
            Label {
                width: parent.width
                text: page.view.number || ""
                color: Theme.white
                font.pixelSize: Theme.hero
                font.bold: true
                fontSizeMode: Text.HorizontalFit
                minimumPixelSize: 72
                wrapMode: Text.NoWrap
                Accessible.name: (page.view.label || "") + " " + text
            }
            Label {
                width: parent.width
                text: page.view.under || ""
                color: Theme.whiteSoft
                font.pixelSize: Theme.px(30)
            }
        }
    }
    Flickable {
        id: facts
        readonly property int rowsWanted: page.rows.length + 1
        readonly property int room: height - 24 - (note.visible ? note.height + Theme.gap : 0)
        readonly property int each: Math.max(Theme.px(72), Math.min(Theme.px(92), Math.floor(room / rowsWanted)))
        width: parent.width
        y: Theme.wide ? 0 : hero.height + Theme.gap
        height: (Theme.wide || !ways.visible ? parent.height : ways.y - Theme.gap) - y
        contentHeight: column.height
        interactive: contentHeight > height
        clip: true
        Column {
            id: column
            width: parent.width - (facts.interactive ? 96 + 24 : 0)
            spacing: Theme.gap
            Note {
                id: note
                width: parent.width
                text: page.view.note || ""
                tone: page.view.tone === "bad" ? "bad" : "attention"
            }
            Card {
                width: parent.width
                height: rowsColumn.height + 24
                Column {
                    id: rowsColumn
                    x: Theme.inset
                    y: 12
                    width: parent.width - 2 * Theme.inset
                    Item {
                        width: parent.width
                        height: facts.each
                        Label {
                            anchors.verticalCenter: parent.verticalCenter
                            text: page.view.stateLabel || ""
                            color: Theme.soft
                        }
                        Badge {
                            anchors { right: parent.right; verticalCenter: parent.verticalCenter }
                            text: page.view.state || ""
                            tone: page.view.tone || ""
                        }
                    }
                    Repeater {
                        model: page.rows
                        FactRow {
                            required property var modelData
                            width: rowsColumn.width
                            least: facts.each
                            label: modelData.label
                            value: modelData.value
                        }
                    }
                }
            }
        }
    }
    Column {
        visible: facts.interactive
        anchors.right: facts.right
        y: facts.y + facts.height - height
        spacing: 24
        PushButton {
            width: 96; height: 96; sleepy: false
            iconName: "up"
            available: facts.contentY > 0
            Accessible.name: qsTr("向上翻")
            onClicked: facts.contentY = Math.max(0, facts.contentY - facts.height * 0.8)
        }
        PushButton {
            width: 96; height: 96; sleepy: false
            iconName: "down"
            available: facts.contentY < facts.contentHeight - facts.height
            Accessible.name: qsTr("向下翻")
            onClicked: facts.contentY = Math.min(facts.contentHeight - facts.height, facts.contentY + facts.height * 0.8)
        }
    }
    ActionRow {
        id: ways
        parent: Theme.wide ? page.footItem : page.bodyItem
        visible: page.actions.length > 0
        width: parent.width
        y: Theme.wide ? 0 : parent.height - height
        model: page.actions
    }
}
