// It is out: take it.
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    pressable: false
    title: ""
    lead: ""
    readonly property var actions: view.actions || []
    Column {
        anchors.verticalCenter: parent.verticalCenter
        width: parent.width
        spacing: 32
        Rectangle {
            width: 176
            height: 176
            radius: 88
            color: Theme.jadeTint
            Icon { anchors.centerIn: parent; name: "check"; color: Theme.jade; size: 104 }
        }
        Label {
            width: parent.width
            text: page.view.title || ""
            font.pixelSize: Theme.title
            font.bold: true
            Accessible.role: Accessible.Heading
        }
        Label {
            width: parent.width
            text: page.view.lead || ""
            font.pixelSize: Theme.lead
            color: Theme.soft
        }
    }
    foot: ActionRow {
        width: parent.width
        model: page.actions
        primaryLast: true
    }
}
