// The frame of a page: what it says, what it holds, and the foot where 退出 and 返回 never move.
import QtQuick
import Kiosk

Item {
    id: page
    property var view: ({})
    property string title: view.title || ""
    property string lead: view.lead || ""
    property bool leave: true
    property bool pressable: true             // its content is pressed: lies low when lowered
    property string footNote
    property int asideWidth: 620
    readonly property Item asideItem: asideExtra
    readonly property Item bodyItem: body
    readonly property Item footItem: footSlot
    property alias aside: asideExtra.data
    property alias foot: footSlot.data
    default property alias content: body.data
    readonly property int footTop: height - Theme.side - Theme.touch

    Column {
        id: asideColumn
        x: Theme.side
        y: 40
        width: Theme.wide ? page.asideWidth : page.width - 2 * Theme.side
        spacing: 14
        Label {
            width: parent.width
            visible: text.length > 0
            text: page.title
            font.pixelSize: Theme.title
            font.bold: true
            lineHeight: 1.05
            Accessible.role: Accessible.Heading
        }
        Label {
            width: parent.width
            visible: text.length > 0
            text: page.lead
            font.pixelSize: Theme.lead
            color: Theme.soft
        }
        Item {
            id: asideExtra
            width: parent.width
            height: childrenRect.height
        }
    }
    Item {
        id: body
        readonly property int natural: Theme.wide ? 40 : asideColumn.y + asideColumn.height + 32
        x: Theme.wide ? Theme.side + page.asideWidth + 56 : Theme.side
        y: Theme.lowered && page.pressable && !Theme.wide
           ? Math.max(natural, Bridge.stageHeight / 2 - page.y + 96) : natural
        width: page.width - x - Theme.side
        height: page.footTop - Theme.gap - y
    }
    Row {
        id: leaving
        x: Theme.side
        y: page.footTop
        spacing: Theme.gap
        PushButton {
            objectName: "leave"
            visible: page.leave
            text: qsTr("退出")
            iconName: "leave"
            sleepy: false
            width: Theme.px(250)
            onClicked: Bridge.leave()
        }
        PushButton {
            objectName: "back"
            visible: page.leave && Bridge.back
            text: qsTr("返回")
            iconName: "back"
            width: Theme.px(250)
            onClicked: Bridge.goBack()
        }
    }
    Item {
        id: footSlot
        x: leaving.x + (leaving.width > 0 ? leaving.width + Theme.gap : 0)
        y: page.footTop
        width: page.width - x - Theme.side
        height: Theme.touch
        Label {
            visible: page.footNote.length > 0
            anchors { right: parent.right; verticalCenter: parent.verticalCenter }
            width: parent.width
            horizontalAlignment: Text.AlignRight
            text: page.footNote
            font.pixelSize: Theme.small
            color: Theme.soft
        }
    }
}
