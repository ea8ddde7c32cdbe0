// Asks for the PIN at the pad: a dot for each digit that the pad holds. The digits never come here.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    readonly property EnterPinContent shown: view as EnterPinContent
    title: shown.title
    lead: shown.lead
    actions: shown.actions
    primaryLast: false

    Row {
        id: boxes
        spacing: 20
        readonly property int box: Math.min(Theme.wide ? 132 : 144, (parent.width - (page.shown.length - 1) * spacing) / page.shown.length)
        x: (parent.width - width) / 2
        Accessible.role: Accessible.StaticText
        Accessible.name: qsTr("已输入 %1 位").arg(page.shown.entered)
        Repeater {
            model: page.shown.length
            Rectangle {
                required property int index
                width: boxes.box
                height: Theme.wide ? 112 : 132
                radius: 20
                color: Theme.card
                border.width: index === page.shown.entered ? 6 : 3
                border.color: index === page.shown.entered ? Theme.blue : Theme.edge
                Label {
                    anchors.centerIn: parent
                    text: parent.index < page.shown.entered ? "●" : ""
                    font.pixelSize: 64
                    font.bold: true
                    Accessible.ignored: true
                }
            }
        }
    }
    Note {
        id: wrong
        y: boxes.height + Theme.gap
        width: parent.width
        text: page.shown.wrong
        tone: "bad"
        icon: "refused"
        size: Theme.row
        most: Math.max(96, help.y - y - 24)
    }
    Rectangle {
        id: scene
        readonly property int above: wrong.wanted ? wrong.y + wrong.height : boxes.height
        readonly property int room: help.y - above - 2 * 24
        visible: room >= 160
        width: Math.min(parent.width, room, 520)
        height: width
        radius: width / 2
        color: Theme.blueTint
        border.color: Theme.blueEdge
        border.width: 3
        x: (parent.width - width) / 2
        y: above + 24 + (room - height) / 2
        Icon {
            anchors.centerIn: parent
            name: "keypad"
            color: Theme.blue
            size: scene.width * 0.5
        }
        Accessible.role: Accessible.Graphic
        Accessible.name: page.title
    }
    Label {
        id: help
        y: parent.height - height
        width: parent.width
        text: page.shown.help
        font.pixelSize: Theme.small
        color: Theme.soft
        horizontalAlignment: Text.AlignHCenter
    }
}
