// Asks the citizen to put the card on the reader, with a picture that moves once in a while.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    readonly property PresentCardContent shown: view as PresentCardContent
    title: shown.title
    lead: shown.lead
    actions: shown.actions
    primaryLast: false

    Item {
        id: scene
        readonly property int above: 0             // where the card begins, and where it lies
        readonly property int below: 400
        readonly property int from: page.shown.lies ? below : above
        readonly property int to: page.shown.lies ? above : below
        width: 660
        height: 780
        readonly property int room: (Theme.wide || !where.visible ? help.y : where.y) - Theme.gap
        scale: Math.min(1, room / height)
        x: (parent.width - width) / 2
        y: (room - height) / 2
        Image {
            width: 660
            height: 460
            y: 320
            sourceSize: Qt.size(660, 460)
            source: "image://icon/present-card"
            Accessible.role: Accessible.Graphic
            Accessible.name: page.title
        }
        Image {
            id: card
            width: 470
            height: 300
            x: 95
            y: scene.from
            sourceSize: Qt.size(470, 300)
            source: "image://icon/id-card"
            Accessible.ignored: true
            SequentialAnimation on y {
                running: Theme.moves
                loops: 3
                PauseAnimation { duration: 900 }
                NumberAnimation { from: scene.from; to: scene.to; duration: 500; easing.type: Easing.OutCubic }
                PauseAnimation { duration: 1600 }
                NumberAnimation { from: scene.to; to: scene.from; duration: 200 }
            }
        }
    }
    Where {
        id: where
        parent: Theme.wide ? page.asideItem : page.bodyItem
        visible: page.shown.to.length > 0 && (!Theme.wide || page.asideHeight > height + 28)
        y: Theme.wide ? 28 : help.y - Theme.gap - height
        width: parent.width
        height: implicitHeight
        to: page.shown.to
        title: page.shown.reader
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
