// Asks for a card in the slot, or a code before the scanner, with one large icon.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    readonly property PresentThingContent shown: view as PresentThingContent
    title: shown.title
    lead: shown.lead
    actions: shown.actions
    primaryLast: false

    Rectangle {
        id: scene
        readonly property int room: (where.visible && !Theme.wide ? where.y : help.y) - 24
        width: Math.min(parent.width, room, 620)
        height: width
        radius: width / 2
        color: Theme.blueTint
        border.color: Theme.blueEdge
        border.width: 3
        x: (parent.width - width) / 2
        y: (room - height) / 2
        Icon {
            anchors.centerIn: parent
            name: page.shown.icon
            color: Theme.blue
            size: scene.width * 0.5
        }
        Accessible.role: Accessible.Graphic
        Accessible.name: page.title
    }
    Where {
        id: where
        parent: Theme.wide ? page.asideItem : page.bodyItem
        visible: page.shown.to.length > 0 && (!Theme.wide || page.asideHeight > height + 28)
        y: Theme.wide ? 28 : help.y - Theme.gap - height
        width: parent.width
        height: implicitHeight
        to: page.shown.to
        title: page.shown.device
        under: page.shown.side
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
