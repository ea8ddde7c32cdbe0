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
        width: 660
        height: 900
        readonly property int room: help.y - 24
        scale: Math.min(1, room / height)
        x: (parent.width - width) / 2
        y: (room - height) / 2
        Image {
            width: 660
            height: 640
            y: 260
            sourceSize: Qt.size(660, 640)
            source: "image://icon/present-card"
            Accessible.role: Accessible.Graphic
            Accessible.name: page.title
        }
        Image {
            id: card
            width: 470
            height: 300
            x: 95
            y: Theme.moves ? 160 : 300
            sourceSize: Qt.size(470, 300)
            source: "image://icon/id-card"
            Accessible.ignored: true
            SequentialAnimation on y {
                running: Theme.moves
                loops: 3
                PauseAnimation { duration: 900 }
                NumberAnimation { from: 160; to: 580; duration: 500; easing.type: Easing.OutCubic }
                PauseAnimation { duration: 1600 }
                NumberAnimation { from: 580; to: 160; duration: 200 }
            }
        }
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
